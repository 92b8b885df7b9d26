import { mkdir, rmdir } from 'node:fs/promises';
import { type Mounter } from '../mount/mounter';
import { isDirectory } from './volume-directory';

/** The mode that the kubelet gives its own directories. */
const TARGET_MODE = 0o750;

/**
 * Mounts a volume at the target and fills it. On failure the target is as before. The target may already be a mount without files, if an
 * earlier driver ended before it wrote them.
 *
 * @throws the error of the mount or of `fill`; when undoing the mount fails too, an AggregateError whose first error is that one
 */
export async function mountVolume(target: string, mounter: Mounter, fill: () => Promise<void>): Promise<void> {
  const existed = isDirectory(target);
  if (!existed) {
    await mkdir(target, { mode: TARGET_MODE });
  }
  try {
    if (!mounter.isMounted(target)) {
      await mounter.mount(target);
    }
    await fill();
  } catch (error) {
    await undoMount(target, mounter, existed).catch((further: unknown) => {
      throw new AggregateError([error, further], 'a volume could not be mounted, and the mount could not be undone');
    });
    throw error;
  }
}

async function undoMount(target: string, mounter: Mounter, existed: boolean): Promise<void> {
  await mounter.unmount(target);
  if (!existed) {
    await rmdir(target);
  }
}
