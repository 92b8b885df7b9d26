import { rm } from 'node:fs/promises';
import path from 'node:path';
import { DATA_LINK, entriesOf, VolumeDirectory } from '../volume/volume-directory';
import { type Mounter } from './mounter';

/** Each volume is its target directory itself: no root, no Linux, and no limit but ours; the files are on a disk. */
export class DirectoryMounter implements Mounter {
  readonly canBeLost: boolean = false;

  async mount(): Promise<void> {
    // The directory is there already, and that is all there is to it.
  }

  async unmount(target: string): Promise<void> {
    const isMounted = this.isMounted(target);
    // Without the link, the files of a first write that broke off are all there can be of ours.
    const names = entriesOf(target).filter((name) => isMounted || name.startsWith('..'));
    // The link last: as long as it is there, an unmount that broke off is taken up again.
    for (const name of names.filter((entry) => entry !== DATA_LINK)) {
      await rm(path.join(target, name), { recursive: true, force: true });
    }
    if (isMounted) {
      await rm(path.join(target, DATA_LINK));
    }
  }

  isMounted(target: string): boolean {
    return VolumeDirectory.currentSet(target) !== undefined;
  }

  async mountedAmong(targets: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(targets.filter((target) => this.isMounted(target)));
  }
}
