import { readFile, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { parseJsonObject } from '@oci-connector/http';
import { type Mounter } from '../mount/mounter';
import { type KeptInputs } from './kept-inputs';
import { type MountedVolumes } from './mounted-volumes';
import { entriesOf, isDirectory, VolumeDirectory } from './volume-directory';

/** Below the kubelet's directory: pods/UID/volumes/kubernetes.io~csi/NAME with the target `mount` and this file, by which the kubelet remembers the driver (volDataKey of its csi_plugin.go). */
const VOLUME_DATA = 'vol_data.json';
const TARGET = 'mount';

export interface AdoptOptions {
  /** Resolved. */
  readonly kubeletDirectory: string;
  readonly driverName: string;
  readonly mounter: Mounter;
  readonly volumes: MountedVolumes;
  readonly kept: KeptInputs;
  /** Told of each leftover that could not be removed; it harms nobody, so the driver starts all the same. */
  readonly onProblem: (target: string, error: unknown) => void;
}

/**
 * Looks at what drivers before this one left, before the kubelet can call: published volumes are ours from now on. Mounts without
 * files, in the middle of which a driver ended, are removed: no pod has them, and permission for them was not asked. So are targets
 * of ours without a mount, which a node has after it was started anew, and inputs that were kept for volumes which are no more. A
 * directory is surely ours when the kubelet says so.
 *
 * @returns what was found
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

/** Nothing is emptied but what a first write of ours has left: `rmdir` refuses a directory with anything in it, and one on which something is mounted, by a bind mount too. */
async function removeLeftover(target: string, mounter: Mounter, isOurMount: boolean): Promise<void> {
  if (!isOurMount && mounter.isMounted(target)) {
    throw new Error('something else is mounted there');
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

/** None when there is no such directory, or none any more: the kubelet runs meanwhile and takes away what is over. */
function entries(directory: string): string[] {
  return isDirectory(directory) ? entriesOf(directory) : [];
}

async function driverOf(file: string): Promise<unknown> {
  try {
    return parseJsonObject(await readFile(file, 'utf8'))?.['driverName'];
  } catch {
    // None, or not to be read: then nobody says that the directory is ours.
    return undefined;
  }
}
