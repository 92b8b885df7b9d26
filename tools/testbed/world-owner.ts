import { readFileSync, readdirSync } from 'node:fs';
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../processes/until';

/**
 * What a world keeps on the machine, outside of its namespaces: a directory and, for a cluster, control groups. Both are
 * named after the process that owns the world, so that the next one can tell what was left by one that was killed.
 */
const CGROUPS = '/sys/fs/cgroup';

/** In small letters, because buildah makes an image name of a path; and short, because podman refuses a long one. */
const NAME = /^oci-testbed-([0-9a-z]+)-([0-9a-z]+)$/;

/** Name of the world that this process owns. */
export function ownWorldName(): string {
  return `oci-testbed-${process.pid.toString(36)}-${startOf(process.pid)?.toString(36)}`;
}

/** The process that owns a world, while it runs; undefined when it was killed, or when this is no name of a world. */
export function ownerOf(name: string): number | undefined {
  const [, pid = '', start = ''] = NAME.exec(name) ?? [];
  const owner = parseInt(pid, 36);
  return startOf(owner) === parseInt(start, 36) ? owner : undefined;
}

/** When a process was started, in clock ticks since boot: process ids are used again, both together are not. */
function startOf(pid: number): number | undefined {
  try {
    // proc(5): state and starttime are fields 3 and 22; the command's name before them may contain anything.
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return state === 'Z' ? undefined : Number(fields[18]);
  } catch {
    return undefined;
  }
}

/** Makes the directory of a world. */
export async function makeWorldDirectory(name: string): Promise<string> {
  const directory = path.join(tmpdir(), name);
  await mkdir(directory);
  return directory;
}

/** Longer than the kernel takes to end the processes of a world whose first one was killed. */
const END_MS = 30_000;

/** Removes what a world has left, of which no process runs any more, or not for long: so nothing is mounted below, and no control group has members. */
export async function removeWorld(name: string): Promise<void> {
  await until(END_MS, async () => {
    for (const group of cgroupsOf(name)) {
      await removeCgroup(group);
    }
    await rm(path.join(tmpdir(), name), { recursive: true, force: true });
  });
}

/** Removes what worlds have left whose owner was killed. */
export async function removeAbandonedWorlds(): Promise<void> {
  const names = new Set([...(await readdir(tmpdir())), ...cgroupHierarchies().flatMap((hierarchy) => readdirSync(hierarchy))]);
  for (const name of names) {
    if (NAME.test(name) && ownerOf(name) === undefined) {
      await removeWorld(name);
    }
  }
}

/** The control groups of a world, one in each hierarchy. */
export function cgroupsOf(name: string): string[] {
  return cgroupHierarchies().map((hierarchy) => path.join(hierarchy, name));
}

function cgroupHierarchies(): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, place = '', type = '']) => /^cgroup2?$/.test(type) && place.startsWith(CGROUPS))
    .map(([, place = '']) => place);
}

async function removeCgroup(group: string): Promise<void> {
  const entries = await readdir(group, { withFileTypes: true }).catch(() => undefined);
  if (!entries) {
    return;
  }
  for (const entry of entries) {
    if (entry.isDirectory()) {
      await removeCgroup(path.join(group, entry.name));
    }
  }
  await rmdir(group);
}
