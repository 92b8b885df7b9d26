import { type Mounter } from '../mount/mounter';
import { type MountedVolumes } from './mounted-volumes';
import { VolumeDirectory } from './volume-directory';

/**
 * What is at a target before a publish:
 *
 * - `absent`: no volume, whether there is a directory or not;
 * - `foreign`: a mount that is not the driver's. The kubelet's own volumes are tmpfs with a link `..data` too, and nothing may be written to them;
 * - `empty`: a mount of the driver without files: a driver ended between the two. No pod has it, and nobody asked whether a pod may have it;
 * - `published`: a volume that a pod has, with or without its files: somebody may have emptied it;
 * - `lost`: a volume that a pod has, and that somebody has unmounted.
 */
export type VolumeState = 'absent' | 'foreign' | 'empty' | 'published' | 'lost';

export interface InspectParts {
  readonly mounter: Mounter;
  readonly volumes: MountedVolumes;
}

/** @param target resolved */
export async function inspectVolume(target: string, { mounter, volumes }: InspectParts): Promise<VolumeState> {
  const isMounted = mounter.isMounted(target);
  if (volumes.has(target)) {
    return isMounted || !mounter.canBeLost ? 'published' : 'lost';
  }
  if (!isMounted) {
    return 'absent';
  }
  // Reads all mounts of the node, so a volume that this process published does not come here.
  if (!(await mounter.mountedAmong([target])).has(target)) {
    return 'foreign';
  }
  return VolumeDirectory.currentSet(target) === undefined ? 'empty' : 'published';
}
