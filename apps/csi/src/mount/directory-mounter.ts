import { rm } from 'node:fs/promises';
import path from 'node:path';
import { DATA_LINK, entriesOf, VolumeDirectory } from '../volume/volume-directory';
import { type Mounter } from './mounter';

/** Uses the target directory itself as the volume. Needs no root and no Linux. The files are on a disk; only the driver limits their size. */
export class DirectoryMounter implements Mounter {
  readonly canBeLost: boolean = false;

  async mount(): Promise<void> {
    // The directory already exists; nothing else is needed.
  }

  async unmount(target: string): Promise<void> {
    const isMounted = this.isMounted(target);
    // Without the link, only files of an interrupted first write can be the driver's.
    const names = entriesOf(target).filter((name) => isMounted || name.startsWith('..'));
    // The link last: while it exists, an interrupted unmount is completed by the next call.
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
