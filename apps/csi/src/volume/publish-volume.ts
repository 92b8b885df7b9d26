import { randomBytes } from 'node:crypto';
import { mkdir, rmdir } from 'node:fs/promises';
import { type VolumeEnvironment } from '@oci-connector/config-rendering';
import { type CsiState } from '../csi-state';
import { type Mounter } from '../mount/mounter';
import { parsePublishRequest, type PublishVolume } from '../node/publish-request';
import { type NodePublishVolumeRequest } from '../rpc/csi-messages';
import { type GatherInputs } from './gather-inputs';
import { renderFiles } from './render-files';
import { isDirectory, VolumeDirectory } from './volume-directory';
import { INPUTS_FILE, parseInputs, type VolumeInputs } from './volume-inputs';
import { type MountedVolumes } from './mounted-volumes';

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
  readonly environment: VolumeEnvironment;
  readonly audience: string;
  readonly volumeSize: number;
  /** Told of each volume whose pod wishes another lifetime of its token than the installation's. */
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
    const isPublished = this.parts.mounter.isMounted(target) && VolumeDirectory.currentSet(target) !== undefined;
    if (!isPublished) return this.#publishFirst(request, target);
    try {
      return await this.#publishAgain(request, target);
    } catch (error) {
      // Kubelets without the fix of kubernetes#121271 remove the directory of a volume whose republish fails, and the pod never gets it back.
      return { outcome: 'kept', problems: [error] };
    }
  }

  async #publishFirst(request: NodePublishVolumeRequest, target: string): Promise<PublishResult> {
    const { gather, volumes, environment, audience, onNewVolume } = this.parts;
    const publish = parsePublishRequest(request, audience);
    const { inputs } = await gather.gather(publish);
    const files = renderFiles(publish, inputs, environment);
    const existed = await this.#mount(target);
    try {
      this.#directory(publish, target).write(files);
    } catch (error) {
      await this.#takeBack(target, existed).catch((further: unknown) => {
        throw new AggregateError([error, further], `${(error as Error).message}; and the mount could not be taken back`);
      });
      throw error;
    }
    volumes.add(target, this.#keyOf(publish));
    onNewVolume(publish);
    return { outcome: 'published', problems: [] };
  }

  async #publishAgain(request: NodePublishVolumeRequest, target: string): Promise<PublishResult> {
    const { gather, volumes, audience } = this.parts;
    const publish = parsePublishRequest(request, audience);
    const key = this.#keyOf(publish);
    if (key !== undefined && volumes.keyOf(target) === key) return { outcome: 'unchanged', problems: [] };
    const before = parseInputs(VolumeDirectory.read(target, INPUTS_FILE));
    const { inputs, problems } = await gather.gather(publish, before);
    const { files, problem } = this.#renderAgain(publish, inputs, before);
    const found = problem === undefined ? problems : [...problems, problem];
    const swapped = this.#directory(publish, target).write(files);
    // What was not possible this time is tried the next time, though nothing may have changed by then.
    volumes.add(target, found.length === 0 ? key : undefined);
    return { outcome: swapped ? 'swapped' : found.length === 0 ? 'unchanged' : 'kept', problems: found };
  }

  /** A template that its author broke since must not cost the pods that use it their tokens. */
  #renderAgain(publish: PublishVolume, inputs: VolumeInputs, before?: VolumeInputs): { files: ReturnType<typeof renderFiles>; problem?: unknown } {
    const { environment } = this.parts;
    try {
      return { files: renderFiles(publish, inputs, environment) };
    } catch (problem) {
      if (before === undefined) throw problem;
      return { files: renderFiles(publish, before, environment), problem };
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
   * that a call by which nothing changes neither asks nor reads nor renders.
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
