import { mkdir, rmdir } from 'node:fs/promises';
import { type Mounter } from '../mount/mounter';
import { isDirectory } from './volume-directory';

/** The directories that we make in the kubelet's are like its own. */
const TARGET_MODE = 0o750;

/**
 * Makes the target a volume and fills it; after an error it is as it was before. A mount may be there without files: a driver
 * ended between the two.
 *
 * @throws what went wrong; where taking it back failed as well, an AggregateError whose first error is what went wrong
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
    await takeBack(target, mounter, existed).catch((further: unknown) => {
      throw new AggregateError([error, further], 'a volume could not be mounted, and not be taken back');
    });
    throw error;
  }
}

async function takeBack(target: string, mounter: Mounter, existed: boolean): Promise<void> {
  await mounter.unmount(target);
  if (!existed) {
    await rmdir(target);
  }
}
