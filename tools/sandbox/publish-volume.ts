import { type Pod, PublishedVolume, type PublishOptions } from '../kubelet/published-volume';
import { type Sandbox } from './sandbox';

export type VolumeKeeping = Partial<Pick<PublishOptions, 'onProblem' | 'patienceMs' | 'republishMs' | 'renewalShare'>>;

/** Publishes a volume of a Pod, which is an object only: nothing runs it. */
export function publishVolume(sandbox: Sandbox, of: { readonly pod: Pod; readonly volume: string }, keeping: VolumeKeeping = {}): Promise<PublishedVolume> {
  const { client, csiSocket: socket, kubeletDirectory } = sandbox;
  const onProblem = (error: Error): unknown => process.stderr.write(`the volume was not republished, which is tried again: ${error.message}\n`);
  return PublishedVolume.publish({ client, socket, kubeletDirectory, ...of, onProblem, ...keeping });
}

/** Has the volume unpublished before the driver is stopped. Its files are removed in any case. */
export function unpublishAtTheEnd(volume: PublishedVolume, closing: (() => Promise<unknown>)[]): void {
  closing.unshift(() => volume.unpublish().catch((error: Error) => process.stderr.write(`the volume was not unpublished: ${error.message}\n`)));
}
