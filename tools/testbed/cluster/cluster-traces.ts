import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cgroupsOf } from '../world-owner';

/** A process. Its start time (proc(5)) distinguishes it from a later process with the same id. */
interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly start: string;
  readonly command: string;
}

/** The traces by which a cluster can be found on the machine. */
export interface ClusterTraces {
  /** Name of its world, which is a part of the names of its directory, mounts and control groups. */
  readonly world: string;
  readonly processes: readonly ProcessEntry[];
  /** The network namespaces of the cluster and of its pods, as /proc shows them. */
  readonly networks: ReadonlySet<string>;
}

/** Returns the current traces of the cluster that the process `owner` runs. */
export function tracesOf(world: string, owner: number): ClusterTraces {
  const processes = descendantsOf(owner);
  const own = networkOf('self');
  const networks = processes.map(({ pid }) => networkOf(pid)).filter((network) => network !== undefined && network !== own);
  return { world, processes, networks: new Set(networks as string[]) };
}

/** Describes the traces that still exist. */
export function remainsOf({ world, processes, networks }: ClusterTraces): string[] {
  const running = processTable();
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  return [
    ...processes.filter(({ pid, start }) => running.get(pid)?.start === start).map(({ pid, command }) => `process ${pid}: ${command}`),
    ...[...running.values()]
      .filter(({ pid }) => networks.has(networkOf(pid) ?? ''))
      .map(({ pid, command }) => `in its network: process ${pid}: ${command}`),
    ...mounts
      .filter((mount) => mount.includes(world) || [...networks].some((network) => mount.includes(network)))
      .map((mount) => `mount: ${mount}`),
    ...[path.join(tmpdir(), world), ...cgroupsOf(world)].filter((place) => existsSync(place)),
  ];
}

/** Returns the process and all processes that it started, directly or indirectly. */
function descendantsOf(owner: number): ProcessEntry[] {
  const table = [...processTable().values()];
  const family = new Set([owner]);
  for (let size = 0; size < family.size;) {
    size = family.size;
    for (const { pid, parent } of table) {
      if (family.has(parent)) {
        family.add(pid);
      }
    }
  }
  return table.filter(({ pid }) => family.has(pid));
}

function processTable(): ReadonlyMap<number, ProcessEntry> {
  const entries = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (entryOf(name) ?? []) : []));
  return new Map(entries.map((entry) => [entry.pid, entry]));
}

/**
 * Reads about a process.
 *
 * @returns undefined if it has ended, including a zombie, whose status has not been read yet
 */
function entryOf(pid: string): ProcessEntry | undefined {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // Fields 2 to 4 and 22. The second, the command's name in brackets, may contain any character.
  const [, command = '', rest = ''] = /^\d+ \((.*)\) (.*)/s.exec(stat ?? '') ?? [];
  const fields = rest.split(' ');
  if (stat === undefined || fields[0] === 'Z') {
    return undefined;
  }
  return { pid: Number(pid), parent: Number(fields[1]), start: fields[19] ?? '', command };
}

function networkOf(pid: number | 'self'): string | undefined {
  return read(() => readlinkSync(`/proc/${pid}/ns/net`));
}

/** Returns undefined if reading fails, because the process has ended meanwhile. */
function read(ask: () => string): string | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
