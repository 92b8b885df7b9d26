import { readFile, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { parseJsonObject } from '@oci-connector/http';
import { type Mounter } from '../mount/mounter';
import { type KeptInputs } from './kept-inputs';
import { type MountedVolumes } from './mounted-volumes';
import { entriesOf, isDirectory, VolumeDirectory } from './volume-directory';

/**
 * The kubelet's directory of a volume is pods/UID/volumes/kubernetes.io~csi/NAME. It contains the target `mount` and this file, in which
 * the kubelet stores the driver's name (volDataKey of its csi_plugin.go).
 */
const VOLUME_DATA = 'vol_data.json';
const TARGET = 'mount';

export interface AdoptOptions {
  /** Without symbolic links. */
  readonly kubeletDirectory: string;
  readonly driverName: string;
  readonly mounter: Mounter;
  readonly volumes: MountedVolumes;
  readonly kept: KeptInputs;
  /** Called for each leftover that could not be removed. It is harmless, so the driver still starts. */
  readonly onProblem: (target: string, error: unknown) => void;
}

/**
 * Adopts the volumes of earlier drivers and removes their leftovers. Runs before the kubelet can call. Published volumes are adopted.
 * These leftovers are removed:
 *
 * - mounts without files, left by a driver that ended while it mounted: no pod uses them, and no permission was checked for them;
 * - targets of this driver without a mount, as on a node after a reboot;
 * - stored inputs of volumes that no longer exist.
 *
 * A directory belongs to this driver only if the kubelet's file says so.
 *
 * @returns the number of adopted volumes and of removed leftovers
 */
export async function adoptVolumes(options: AdoptOptions): Promise<{ adopted: number; removed: number }> {
  const { mounter, volumes, kept, onProblem } = options;
  const [targets, keptTargets] = await Promise.all([ourTargets(options), kept.targets()]);
  const mounted = await mounter.mountedAmong([...targets, ...keptTargets]);
  const published = new Set([...mounted].filter((target) => VolumeDirectory.currentSet(target) !== undefined));
  for (const target of keptTargets.filter((other) => !published.has(other))) {
    await kept.remove(target);
  }
  for (const target of published) {
    volumes.add(target);
  }
  let removed = 0;
  for (const target of new Set([...targets, ...mounted])) {
    if (published.has(target)) {
      continue;
    }
    try {
      await removeLeftover(target, mounter, mounted.has(target));
      removed += 1;
    } catch (error) {
      onProblem(target, error);
    }
  }
  return { adopted: published.size, removed };
}

/**
 * Removes only files of an unfinished first write of this driver. `rmdir` refuses a directory with other content, and a mount point, also
 * of a bind mount.
 */
async function removeLeftover(target: string, mounter: Mounter, isOurMount: boolean): Promise<void> {
  if (!isOurMount && mounter.isMounted(target)) {
    throw new Error('another file system is mounted there');
  }
  await mounter.unmount(target);
  await rmdir(target);
}

async function ourTargets({ kubeletDirectory, driverName }: AdoptOptions): Promise<string[]> {
  const found: string[] = [];
  const pods = path.join(kubeletDirectory, 'pods');
  for (const pod of entries(pods)) {
    const volumes = path.join(pods, pod, 'volumes', 'kubernetes.io~csi');
    for (const volume of entries(volumes)) {
      const target = path.join(volumes, volume, TARGET);
      if ((await driverOf(path.join(volumes, volume, VOLUME_DATA))) === driverName && isDirectory(target)) {
        found.push(target);
      }
    }
  }
  return found;
}

/** Returns no entries when the directory does not exist: the kubelet runs at the same time and may remove it. */
function entries(directory: string): string[] {
  return isDirectory(directory) ? entriesOf(directory) : [];
}

async function driverOf(file: string): Promise<unknown> {
  try {
    return parseJsonObject(await readFile(file, 'utf8'))?.['driverName'];
  } catch {
    // Without a readable file, nothing says that the directory is ours.
    return undefined;
  }
}
