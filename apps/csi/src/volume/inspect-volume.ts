import { type Mounter } from '../mount/mounter';
import { type MountedVolumes } from './mounted-volumes';
import { VolumeDirectory } from './volume-directory';

/**
 * The state of a target before a publish:
 *
 * - `absent`: no volume, with or without a directory;
 * - `foreign`: a mount of another program, where the driver must not write. The kubelet's own volumes are also a tmpfs with a link `..data`;
 * - `empty`: a mount of the driver without files, left by a driver that ended before it wrote them. No pod uses it, and no permission was
 *   checked for it;
 * - `published`: a volume that a pod uses; it may lack its files, if a user deleted them;
 * - `lost`: a volume that a pod uses, and that was unmounted by another process.
 */
export type VolumeState = 'absent' | 'foreign' | 'empty' | 'published' | 'lost';

export interface InspectParts {
  readonly mounter: Mounter;
  readonly volumes: MountedVolumes;
}

/**
 * Returns the state of a target.
 *
 * @param target resolved path
 */
export async function inspectVolume(target: string, { mounter, volumes }: InspectParts): Promise<VolumeState> {
  const isMounted = mounter.isMounted(target);
  if (volumes.has(target)) {
    return isMounted || !mounter.canBeLost ? 'published' : 'lost';
  }
  if (!isMounted) {
    return 'absent';
  }
  // mountedAmong reads all mounts of the node, so volumes that this process published return earlier.
  if (!(await mounter.mountedAmong([target])).has(target)) {
    return 'foreign';
  }
  return VolumeDirectory.currentSet(target) === undefined ? 'empty' : 'published';
}
