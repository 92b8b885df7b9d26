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

/**
 * The result of a publish: `published` for a new volume. For an existing volume, its files are unchanged, were replaced (`swapped`), or
 * are `kept` because of problems.
 */
export type PublishOutcome = 'published' | 'unchanged' | 'swapped' | 'kept';

export interface PublishResult {
  readonly outcome: PublishOutcome;
  /** Why the files are not fully up to date. Only logged, because a call for a published volume never fails. */
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
  /** Returns milliseconds since the epoch. */
  readonly now: () => number;
  /** Called once for each newly published volume. */
  readonly onNewVolume: (request: PublishRequest) => void;
}

/** Publishes volumes: parses attributes, checks access, loads Connectors, renders files, then mounts them or replaces the existing ones. */
export class PublishVolume {
  constructor(private readonly parts: PublishVolumeParts) {}

  /**
   * Publishes a volume, or brings the files of a published one up to date.
   *
   * @param target resolved path; the caller runs one call at a time for it
   * @throws the error of a step, only when the volume is not published yet
   */
  async publish(message: NodePublishVolumeRequest, target: string): Promise<PublishResult> {
    switch (await inspectVolume(target, this.parts)) {
      case 'foreign':
        throw new VolumeError('TargetRefused', 'target_path must not be a mount of another program');
      case 'absent':
      case 'empty':
        return this.#publishFirst(message, target);
      case 'lost':
        return { outcome: 'kept', problems: [unmounted()] };
      case 'published':
        // Kubelets without the fix of kubernetes#121271 remove the directory of a volume whose republish fails; the pod loses it for good.
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
    // After the files: a driver that ends between the two writes still has the earlier inputs. A failure here does not affect the pod.
    const unkept = await kept.write(target, used).catch((error: unknown) => error);
    const found = [...problems, problem, unkept].filter((one) => one !== undefined);
    // Without a key, the next call tries again what failed, even when nothing has changed.
    volumes.add(target, found.length === 0 ? key : undefined);
    return { outcome: swapped ? 'swapped' : found.length === 0 ? 'unchanged' : 'kept', problems: found };
  }

  /** Falls back to the earlier inputs, with the current CA: pods still need fresh tokens when a class became invalid or too large. */
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
    return new VolumeDirectory(target, { group, size: this.parts.volumeSize, now: this.parts.now });
  }
}

/** The driver does not mount the volume again: the pod still has the first mount and would not see a second one. */
function unmounted(): VolumeError {
  return new VolumeError(
    'Unmounted',
    'the volume of a running pod was unmounted by another process, so its files are no longer refreshed; delete the pod',
  );
}
