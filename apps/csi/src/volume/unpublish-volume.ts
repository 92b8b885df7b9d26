import { rmdir } from 'node:fs/promises';
import { type Mounter } from '../mount/mounter';
import { type KeptInputs } from './kept-inputs';
import { type MountedVolumes } from './mounted-volumes';
import { isDirectory } from './volume-directory';

export interface UnpublishParts {
  readonly mounter: Mounter;
  readonly volumes: MountedVolumes;
  readonly kept: KeptInputs;
}

/**
 * Removes a volume, if it exists: unmounts it, and removes its directory and its stored inputs.
 *
 * @param target resolved path; the caller runs one call at a time for it
 */
export async function unpublishVolume(target: string, { mounter, volumes, kept }: UnpublishParts): Promise<void> {
  if (isDirectory(target)) {
    await mounter.unmount(target);
    await rmdir(target);
  }
  await kept.remove(target);
  volumes.remove(target);
}
