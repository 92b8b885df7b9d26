import { readFile } from 'node:fs/promises';
import { VERSION } from '@oci-connector/runtime';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand } from '../../processes/run-command';
import { until } from '../../processes/until';
import { type Checks, expectEqual } from '../checks';
import { SYSTEM } from '../cluster/helm';
import { type InstalledCluster } from '../cluster/installed-cluster';
import { IMAGE_REGISTRY } from '../cluster/pod-images';
import { toolPath } from '../toolchain';
import { FOLLOWS_MS, podsOf, processOf, type ProgramName, type ProgramPod } from './replicas';

const PROGRAMS: readonly ProgramName[] = ['controller', 'proxy', 'csi'];

const PAUSE_MS = 20;

/** The unit of times in /proc/PID/stat: USER_HZ, which is 100 on Linux. */
const TICKS_PER_SECOND = 100;

/**
 * The most resident memory that a program may have at rest, in bytes: 100 MB. Programs have 80 to 90 MB, whenever it is read: they never had more
 * since their start (docs/performance.md).
 */
const REST_BYTES = 100e6;

/**
 * Prints the size of each image, the time from the start of a container until its pod is ready, and the memory at rest. Checks only the
 * memory, because the time depends on what else the machine does.
 */
export async function checkStartTimes(checks: Checks, cluster: InstalledCluster): Promise<void> {
  await checks.check('start of the programs', async () => {
    const rows = [['program', 'image', 'start to ready', 'RSS at rest', 'of it files', 'working set at rest']];
    const resident = new Map<ProgramName, number>();
    const sizes = await imageSizes();
    for (const program of PROGRAMS) {
      const [pod] = await podsOf(cluster, program);
      const memory = await memoryOf(pod?.container ?? '');
      resident.set(program, memory.resident);
      const printed = [memory.resident, memory.files, memory.workingSet].map(mebibytes);
      rows.push([program, sizes.get(program) ?? '', `${(await restart(cluster, program)).toFixed(2)} s`, ...printed]);
    }
    process.stdout.write(tableOf(rows));
    await until(FOLLOWS_MS, async () => {
      const pods = await Promise.all(PROGRAMS.map((program) => podsOf(cluster, program)));
      expectEqual(
        pods.flat().filter(({ ending }) => ending),
        [],
        'pods that end',
      );
    });
    const others = [...resident].filter(([, bytes]) => !(bytes <= REST_BYTES)).map(([program, bytes]) => `${program}: ${mebibytes(bytes)}`);
    expectEqual(others, [], `programs that do not keep within ${mebibytes(REST_BYTES)} of resident memory at rest`);
  });
}

/** Deletes a pod. @returns the seconds from the start of its successor's container until Kubernetes counts it as ready */
async function restart(cluster: InstalledCluster, program: ProgramName): Promise<number> {
  const before = await podsOf(cluster, program);
  const [pod] = before;
  await cluster.kubectl.run(['delete', 'pod', `--namespace=${SYSTEM}`, pod?.name ?? '', '--wait=false']);
  const isSuccessor = ({ name, ready }: ProgramPod): boolean => ready && before.every((one) => one.name !== name);
  const deadline = Date.now() + FOLLOWS_MS;
  for (;;) {
    const successor = (await podsOf(cluster, program)).find(isSuccessor);
    if (successor) {
      return ageOf(await processOf(successor.container));
    }
    expectEqual(Date.now() < deadline, true, `another pod of ${program} is ready`);
    await delay(PAUSE_MS);
  }
}

/** Returns the seconds since a process started (proc_pid_stat(5)). */
async function ageOf(id: number): Promise<number> {
  const stat = await readFile(`/proc/${id}/stat`, 'utf8');
  // The name of the program, in brackets, may contain spaces. The start is field 22, the first one after the name is field 3.
  const started = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3]) / TICKS_PER_SECOND;
  const [uptime] = (await readFile('/proc/uptime', 'utf8')).split(' ');
  return Number(uptime) - started;
}

/** The memory of a container's process, in bytes. */
interface ProcessMemory {
  readonly resident: number;
  /** The part of it that are pages of files, such as those of the program node. */
  readonly files: number;
  /** What the kubelet counts for evictions. */
  readonly workingSet: number;
}

async function memoryOf(container: string): Promise<ProcessMemory> {
  const id = await processOf(container);
  const status = await readFile(`/proc/${id}/status`, 'utf8');
  const bytesOf = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  return { resident: bytesOf('VmRSS'), files: bytesOf('RssFile'), workingSet: await workingSet(id) };
}

/** Supports version 1 of control groups, where each controller has a hierarchy, and version 2. */
async function workingSet(id: number): Promise<number> {
  const groups = (await readFile(`/proc/${id}/cgroup`, 'utf8')).split('\n').map((line) => line.split(':'));
  const [, , first = ''] = groups.find(([, controllers]) => controllers === 'memory') ?? [];
  const [, , second = ''] = groups.find(([hierarchy]) => hierarchy === '0') ?? [];
  const [directory, usage, inactive] =
    first === ''
      ? [`/sys/fs/cgroup${second}`, 'memory.current', 'inactive_file']
      : [`/sys/fs/cgroup/memory${first}`, 'memory.usage_in_bytes', 'total_inactive_file'];
  const statistics = await readFile(`${directory}/memory.stat`, 'utf8');
  const used = Number(await readFile(`${directory}/${usage}`, 'utf8'));
  return used - Number(new RegExp(`^${inactive} (\\d+)$`, 'm').exec(statistics)?.[1]);
}

interface Layer {
  readonly digest: string;
  readonly size: number;
}

async function layersOf(program: ProgramName): Promise<readonly Layer[]> {
  const image = `${IMAGE_REGISTRY}/connectors-${program}:${VERSION}`;
  const manifest = await runCommand([toolPath('crane'), 'manifest', '--platform=linux/amd64', image]);
  return (JSON.parse(manifest) as { readonly layers: readonly Layer[] }).layers;
}

/** Returns the compressed size of each image, and the part that is not in the base, whose layers all images have. */
async function imageSizes(): Promise<ReadonlyMap<ProgramName, string>> {
  const images = await Promise.all(PROGRAMS.map(async (program) => [program, await layersOf(program)] as const));
  const isBase = ({ digest }: Layer): boolean => images.every(([, layers]) => layers.some((layer) => layer.digest === digest));
  const bytes = (layers: readonly Layer[]): string => mebibytes(layers.reduce((sum, { size }) => sum + size, 0));
  return new Map(
    images.map(([program, layers]) => [program, `${bytes(layers)}, of which ${bytes(layers.filter((layer) => !isBase(layer)))} own`]),
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => `       ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd() + '\n').join('');
}
