import { rmdir } from 'node:fs/promises';
import { type Mounter } from '../mount/mounter';
import { type MountedVolumes } from './mounted-volumes';
import { isDirectory } from './volume-directory';

/** Takes a volume away, if it is there: unmounts it and removes its directory. @param target resolved, and this the only call for it */
export async function unpublishVolume(target: string, { mounter, volumes }: { mounter: Mounter; volumes: MountedVolumes }): Promise<void> {
  if (isDirectory(target)) {
    await mounter.unmount(target);
    await rmdir(target);
  }
  volumes.remove(target);
}
