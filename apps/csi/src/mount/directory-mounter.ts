import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { DATA_LINK } from '../volume/volume-directory';
import { type Mounter } from './mounter';

/** Each volume is its target directory itself: no root, no Linux, and no limit but ours; the files are on a disk. */
export class DirectoryMounter implements Mounter {
  async mount(): Promise<void> {
    // The directory is there already, and that is all there is to it.
  }

  async unmount(target: string): Promise<void> {
    if (!(await this.isMounted(target))) return;
    // The link last: as long as it is there, an unmount that broke off is taken up again.
    for (const name of (await readdir(target)).filter((entry) => entry !== DATA_LINK)) {
      await rm(path.join(target, name), { recursive: true, force: true });
    }
    await rm(path.join(target, DATA_LINK));
  }

  async isMounted(target: string): Promise<boolean> {
    try {
      return (await lstat(path.join(target, DATA_LINK))).isSymbolicLink();
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
      throw error;
    }
  }

  async mountedAmong(targets: readonly string[]): Promise<ReadonlySet<string>> {
    const mounted = await Promise.all(targets.map(async (target) => ((await this.isMounted(target)) ? [target] : [])));
    return new Set(mounted.flat());
  }
}
