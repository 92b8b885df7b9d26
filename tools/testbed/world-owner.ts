import { readFileSync, readdirSync } from 'node:fs';
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../processes/until';

/**
 * A world has objects outside of its namespaces: a directory and, for a cluster, control groups. Their names contain the process that
 * owns the world, so that a later run can find and remove the objects of a killed one.
 */
const CGROUPS = '/sys/fs/cgroup';

/** Lower case, because buildah derives an image name from the path; short, because podman refuses a long path. */
const NAME = /^oci-testbed-([0-9a-z]+)-([0-9a-z]+)$/;

/** Returns the name of the world that this process owns. */
export function ownWorldName(): string {
  return `oci-testbed-${process.pid.toString(36)}-${startOf(process.pid)?.toString(36)}`;
}

/** Returns the process that owns a world; undefined if it no longer runs, or if the text is no name of a world. */
export function ownerOf(name: string): number | undefined {
  const [, pid = '', start = ''] = NAME.exec(name) ?? [];
  const owner = parseInt(pid, 36);
  return startOf(owner) === parseInt(start, 36) ? owner : undefined;
}

/** Returns the start time of a process, in clock ticks since boot. Process ids are reused; id and start time together are unique. */
function startOf(pid: number): number | undefined {
  try {
    // proc(5): state and starttime are fields 3 and 22; the command's name before them may contain anything.
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return state === 'Z' ? undefined : Number(fields[18]);
  } catch {
    return undefined;
  }
}

/**
 * Creates the directory of a world.
 *
 * @returns its path
 */
export async function makeWorldDirectory(name: string): Promise<string> {
  const directory = path.join(tmpdir(), name);
  await mkdir(directory);
  return directory;
}

/** Limit in milliseconds; longer than the kernel needs to end the processes of a world whose first process was killed. */
const END_MS = 30_000;

/**
 * Removes the directory and the control groups of a world whose processes have ended or are ending. It waits until nothing is mounted in
 * the directory, and the control groups have no members.
 */
export async function removeWorld(name: string): Promise<void> {
  await until(END_MS, async () => {
    for (const group of cgroupsOf(name)) {
      await removeCgroup(group);
    }
    await rm(path.join(tmpdir(), name), { recursive: true, force: true });
  });
}

/** Removes the objects of all worlds whose owner was killed. */
export async function removeAbandonedWorlds(): Promise<void> {
  const names = new Set([...(await readdir(tmpdir())), ...cgroupHierarchies().flatMap((hierarchy) => readdirSync(hierarchy))]);
  for (const name of names) {
    if (NAME.test(name) && ownerOf(name) === undefined) {
      await removeWorld(name);
    }
  }
}

/** Returns the control groups of a world, one in each hierarchy. */
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
