import { randomBytes } from 'node:crypto';
import { mkdir, rmdir } from 'node:fs/promises';
import { type VolumeEnvironment } from '@oci-connector/config-rendering';
import { type CsiState } from '../csi-state';
import { type Mounter } from '../mount/mounter';
import { parsePublishRequest, type PublishVolume } from '../node/publish-request';
import { type NodePublishVolumeRequest } from '../rpc/csi-messages';
import { type GatherInputs } from './gather-inputs';
import { type KeptInputs } from './kept-inputs';
import { renderFiles } from './render-files';
import { isDirectory, VolumeDirectory } from './volume-directory';
import { type VolumeInputs } from './volume-inputs';
import { type MountedVolumes } from './mounted-volumes';
import { VolumeError } from './volume.errors';

/** What a publish came to: the volume is new; or it was there and its files are as before, exchanged, or kept because of problems. */
export type PublishOutcome = 'published' | 'unchanged' | 'swapped' | 'kept';

export interface PublishResult {
  readonly outcome: PublishOutcome;
  /** What stood in the way of fully current files; for the log, because a published volume never answers with an error. */
  readonly problems: readonly unknown[];
}

export interface PublishVolumeParts {
  readonly state: CsiState;
  readonly gather: GatherInputs;
  readonly mounter: Mounter;
  readonly volumes: MountedVolumes;
  readonly kept: KeptInputs;
  readonly environment: VolumeEnvironment;
  readonly audience: string;
  readonly volumeSize: number;
  /** Told of each volume that was not there before. */
  readonly onNewVolume: (publish: PublishVolume) => void;
}

/** The directories that we make in the kubelet's are like its own. */
const TARGET_MODE = 0o750;

/** The flow of a mount: parse attributes, check access and load connectors, render files, mount, swap. */
export class PublishVolumeFlow {
  readonly #fingerprintKey = randomBytes(32);

  constructor(private readonly parts: PublishVolumeParts) {}

  /** @param target resolved, and this the only call for it @throws whatever a step throws, but not once the volume is published */
  async publish(request: NodePublishVolumeRequest, target: string): Promise<PublishResult> {
    const isMounted = this.parts.mounter.isMounted(target);
    if (isMounted) await this.#checkOurs(target);
    if (!isMounted || VolumeDirectory.currentSet(target) === undefined) return this.#publishFirst(request, target);
    try {
      return await this.#publishAgain(request, target);
    } catch (error) {
      // Kubelets without the fix of kubernetes#121271 remove the directory of a volume whose republish fails, and the pod never gets it back.
      return { outcome: 'kept', problems: [error] };
    }
  }

  /** The kubelet's own volumes are tmpfs with a link `..data` too, and nothing may be written to them. */
  async #checkOurs(target: string): Promise<void> {
    const { mounter, volumes } = this.parts;
    if (volumes.has(target) || (await mounter.mountedAmong([target])).has(target)) return;
    throw new VolumeError('TargetRefused', 'target_path must not be a mount of others');
  }

  async #publishFirst(request: NodePublishVolumeRequest, target: string): Promise<PublishResult> {
    const { gather, volumes, kept, environment, audience, onNewVolume } = this.parts;
    const publish = parsePublishRequest(request, audience);
    const key = this.#keyOf(publish);
    const { inputs } = await gather.gather(publish);
    const files = renderFiles(publish, inputs, environment);
    const existed = await this.#mount(target);
    try {
      await this.#directory(publish, target).write(files);
      await kept.write(target, inputs);
    } catch (error) {
      await this.#takeBack(target, existed).catch((further: unknown) => {
        throw new AggregateError([error, further], `${(error as Error).message}; and the mount could not be taken back`);
      });
      throw error;
    }
    volumes.add(target, key);
    onNewVolume(publish);
    return { outcome: 'published', problems: [] };
  }

  async #publishAgain(request: NodePublishVolumeRequest, target: string): Promise<PublishResult> {
    const { gather, volumes, kept, audience } = this.parts;
    const publish = parsePublishRequest(request, audience);
    const key = this.#keyOf(publish);
    if (key !== undefined && volumes.keyOf(target) === key) return { outcome: 'unchanged', problems: [] };
    const before = await kept.read(target);
    const { inputs, problems } = await gather.gather(publish, before);
    const { swapped, used, problem } = await this.#writeAgain(publish, { inputs, before }, target);
    // Afterwards, so that a driver which ends between the two has at least the older ones.
    await kept.write(target, used);
    const found = problem === undefined ? problems : [...problems, problem];
    // What was not possible this time is tried the next time, though nothing may have changed by then.
    volumes.add(target, found.length === 0 ? key : undefined);
    return { outcome: swapped ? 'swapped' : found.length === 0 ? 'unchanged' : 'kept', problems: found };
  }

  /** A class that its author broke since, or made too large, must not cost the pods that use it their tokens, nor the CA of the moment. */
  async #writeAgain(
    publish: PublishVolume,
    { inputs, before }: { inputs: VolumeInputs; before?: VolumeInputs },
    target: string,
  ): Promise<{ swapped: boolean; used: VolumeInputs; problem?: unknown }> {
    const { environment } = this.parts;
    const directory = this.#directory(publish, target);
    try {
      return { swapped: await directory.write(renderFiles(publish, inputs, environment)), used: inputs };
    } catch (problem) {
      if (before === undefined) throw problem;
      const used = { ...before, caCertificates: inputs.caCertificates };
      return { swapped: await directory.write(renderFiles(publish, used, environment)), used, problem };
    }
  }

  #directory({ group }: PublishVolume, target: string): VolumeDirectory {
    return new VolumeDirectory(target, { group, size: this.parts.volumeSize });
  }

  /** Whether the directory was there before. A mount may be there without files: a driver ended between the two. */
  async #mount(target: string): Promise<boolean> {
    const { mounter } = this.parts;
    const existed = isDirectory(target);
    if (!existed) await mkdir(target, { mode: TARGET_MODE });
    try {
      if (!mounter.isMounted(target)) await mounter.mount(target);
    } catch (error) {
      if (!existed) await rmdir(target);
      throw error;
    }
    return existed;
  }

  async #takeBack(target: string, existed: boolean): Promise<void> {
    await this.parts.mounter.unmount(target);
    if (!existed) await rmdir(target);
  }

  /**
   * Everything that the files depend on, in short; undefined when something is missing. Two equal keys mean equal files, so
   * that a call by which nothing changes neither asks nor reads nor renders. To be taken before anything is read: what changes
   * while files are made from it then gives another key the next time.
   */
  #keyOf(publish: PublishVolume): string | undefined {
    const { state } = this.parts;
    const caCertificates = state.caCertificates();
    const { attributes, group, token } = publish;
    const versions = attributes.connectors.map((key) => {
      const connector = state.connector(key);
      const connectorClass = connector && state.connectorClass(connector.spec.connectorClassName);
      return connectorClass && [connector, connectorClass].map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`);
    });
    if (caCertificates === undefined || versions.includes(undefined)) return undefined;
    return JSON.stringify([token.fingerprint(this.#fingerprintKey), attributes, group, versions, caCertificates]);
  }
}
