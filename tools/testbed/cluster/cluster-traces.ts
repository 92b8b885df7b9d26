import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cgroupsOf } from '../world-owner';

/** A process, recognised though its id may be used again: proc(5), ids and start time. */
interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly start: string;
  readonly command: string;
}

/** By what the machine would show that a cluster is, or was, there. */
export interface ClusterTraces {
  /** Name of its world, of which directory, mounts and control groups have theirs. */
  readonly world: string;
  readonly processes: readonly ProcessEntry[];
  /** Its network namespaces, and those of its pods, as /proc shows them. */
  readonly networks: ReadonlySet<string>;
}

/** What there is now of the cluster of this process. */
export function tracesOf(world: string, owner: number): ClusterTraces {
  const processes = descendantsOf(owner);
  const own = networkOf('self');
  const networks = processes.map(({ pid }) => networkOf(pid)).filter((network) => network !== undefined && network !== own);
  return { world, processes, networks: new Set(networks as string[]) };
}

/** What of it is still there, in words. */
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

/** Those that it has started, and those that they have. */
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

/** Undefined for one that has ended meanwhile, also when nobody has asked yet how. */
function entryOf(pid: string): ProcessEntry | undefined {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // Fields 2 to 4 and 22; the second, the command's name in brackets, may hold anything.
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

/** Processes end while one reads about them. */
function read(ask: () => string): string | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
