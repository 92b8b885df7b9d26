import { type VolumeEnvironment } from '@oci-connector/config-rendering';
import { VolumeError } from '../csi.errors';
import { type Mounter } from '../mount/mounter';
import { type NodePublishVolumeRequest } from '../request/csi-messages';
import { parsePublishRequest, type PublishRequest } from '../request/publish-request';
import { type GatherInputs } from './gather-inputs';
import { inspectVolume } from './inspect-volume';
import { type KeptInputs } from './kept-inputs';
import { mountVolume } from './mount-volume';
import { type MountedVolumes } from './mounted-volumes';
import { renderFiles } from './render-files';
import { VolumeDirectory } from './volume-directory';
import { type VolumeInputs } from './volume-inputs';
import { type VolumeKeys } from './volume-keys';

/** What a publish came to: the volume is new; or it was there and its files are as before, exchanged, or kept because of problems. */
export type PublishOutcome = 'published' | 'unchanged' | 'swapped' | 'kept';

export interface PublishResult {
  readonly outcome: PublishOutcome;
  /** What stood in the way of fully current files; for the log, because a published volume never answers with an error. */
  readonly problems: readonly unknown[];
}

export interface PublishVolumeParts {
  readonly keys: VolumeKeys;
  readonly gather: GatherInputs;
  readonly mounter: Mounter;
  readonly volumes: MountedVolumes;
  readonly kept: KeptInputs;
  readonly environment: VolumeEnvironment;
  readonly audience: string;
  readonly volumeSize: number;
  /** Told of each volume that was not there before. */
  readonly onNewVolume: (request: PublishRequest) => void;
}

/** The flow of a mount: parse attributes, check access and load connectors, render files, mount, swap. */
export class PublishVolume {
  constructor(private readonly parts: PublishVolumeParts) {}

  /** @param target resolved, and this the only call for it @throws whatever a step throws, but not once the volume is published */
  async publish(message: NodePublishVolumeRequest, target: string): Promise<PublishResult> {
    switch (await inspectVolume(target, this.parts)) {
      case 'foreign':
        throw new VolumeError('TargetRefused', 'target_path must not be a mount of others');
      case 'absent':
      case 'empty':
        return this.#publishFirst(message, target);
      case 'lost':
        return { outcome: 'kept', problems: [unmounted()] };
      case 'published':
        // Kubelets without the fix of kubernetes#121271 remove the directory of a volume whose republish fails, and the pod never gets it back.
        return this.#publishAgain(message, target).catch((error: unknown) => ({ outcome: 'kept', problems: [error] }));
    }
  }

  async #publishFirst(message: NodePublishVolumeRequest, target: string): Promise<PublishResult> {
    const { keys, gather, mounter, volumes, kept, environment, audience, onNewVolume } = this.parts;
    const request = parsePublishRequest(message, audience);
    const key = keys.keyOf(request);
    const { inputs } = await gather.gather(request);
    const files = renderFiles(request, inputs, environment);
    await mountVolume(target, mounter, async () => {
      this.#directory(request, target).write(files);
      await kept.write(target, inputs);
    });
    volumes.add(target, key);
    onNewVolume(request);
    return { outcome: 'published', problems: [] };
  }

  async #publishAgain(message: NodePublishVolumeRequest, target: string): Promise<PublishResult> {
    const { keys, gather, volumes, kept, audience } = this.parts;
    const request = parsePublishRequest(message, audience);
    const key = keys.keyOf(request);
    if (key !== undefined && volumes.keyOf(target) === key) {
      return { outcome: 'unchanged', problems: [] };
    }
    const before = await kept.read(target);
    const { inputs, problems } = await gather.gather(request, before);
    const { swapped, used, problem } = this.#writeAgain(request, { inputs, before }, target);
    // Afterwards, so that a driver which ends between the two has at least the older ones; the pod has its files, whatever becomes of it.
    const unkept = await kept.write(target, used).catch((error: unknown) => error);
    const found = [...problems, problem, unkept].filter((one) => one !== undefined);
    // What was not possible this time is tried the next time, though nothing may have changed by then.
    volumes.add(target, found.length === 0 ? key : undefined);
    return { outcome: swapped ? 'swapped' : found.length === 0 ? 'unchanged' : 'kept', problems: found };
  }

  /** A class that its author broke since, or made too large, must not cost the pods that use it their tokens, nor the CA of the moment. */
  #writeAgain(
    request: PublishRequest,
    { inputs, before }: { inputs: VolumeInputs; before?: VolumeInputs },
    target: string,
  ): { swapped: boolean; used: VolumeInputs; problem?: unknown } {
    const { environment } = this.parts;
    const directory = this.#directory(request, target);
    try {
      return { swapped: directory.write(renderFiles(request, inputs, environment)), used: inputs };
    } catch (problem) {
      if (before === undefined) {
        throw problem;
      }
      const used = { ...before, caCertificates: inputs.caCertificates };
      return { swapped: directory.write(renderFiles(request, used, environment)), used, problem };
    }
  }

  #directory({ group }: PublishRequest, target: string): VolumeDirectory {
    return new VolumeDirectory(target, { group, size: this.parts.volumeSize });
  }
}

/** A second mount in its place would not be seen by the pod, which goes on to hold the first. */
function unmounted(): VolumeError {
  return new VolumeError(
    'Unmounted',
    'somebody has unmounted the volume of a pod that still runs, and its files are not refreshed any more; delete the pod',
  );
}
