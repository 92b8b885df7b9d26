import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type RunningProgram } from '../installation/programs';
import { freePort } from '../processes/free-port';
import { runCommand } from '../processes/run-command';
import { workspaceRoot } from '../processes/workspace';
import { median, type Benchmark, type BenchmarkResult, type Floor } from './benchmark';
import { type Effort } from './effort';
import { cpuSeconds, filePages, presentMemory, secondsSinceStart } from './process-cost';
import { type Rig } from './rig';

const PROGRAMS = ['controller', 'proxy', 'csi'] as const;
type ProgramName = (typeof PROGRAMS)[number];

/** Time after which V8 has collected what the start left, in milliseconds: its idle task runs after eight seconds, several times. */
const REST_MS = 30_000;

/** The process under test has this processor for itself. */
const PINNED = ['taskset', '-c', '0'] as const;

const READY_SECONDS = 0.5;
/** 90 MB. */
const REST_MIB = 85.8;

interface Figures {
  readonly ready: number;
  readonly cpu: number;
  rest: number;
  files: number;
}

/**
 * Measures the start of each program and its memory at rest, with the environment of its image. The peer is a Node.js that does nothing.
 * The controller is a second replica, which does not lead.
 */
export const startBenchmark: Benchmark = {
  async run(rig, effort): Promise<BenchmarkResult> {
    const measured: Record<string, Figures[]> = { node: [], controller: [], proxy: [], csi: [] };
    for (let round = 1; round <= effort.rounds; round++) {
      for (const [name, figures] of Object.entries(await measureRound(rig, effort))) {
        measured[name]?.push(figures);
      }
    }
    const middle = (name: string, of: (figures: Figures) => number): number => median((measured[name] ?? []).map(of));
    const row = async (name: string): Promise<string[]> => [
      name === 'node' ? `node -e 0 (${process.version})` : name,
      name === 'node' ? '' : (await bundleMegabytes(name)).toFixed(2),
      middle(name, ({ ready }) => ready).toFixed(2),
      middle(name, ({ cpu }) => cpu).toFixed(2),
      middle(name, ({ rest }) => rest).toFixed(0),
      middle(name, ({ files }) => files).toFixed(0),
    ];
    const floors = PROGRAMS.flatMap((name): Floor[] => [
      { name: `${name}: ready`, measured: middle(name, ({ ready }) => ready), bound: 'at most', limit: READY_SECONDS, unit: 's' },
      { name: `${name}: RSS at rest`, measured: middle(name, ({ rest }) => rest), bound: 'at most', limit: REST_MIB, unit: 'MiB' },
    ]);
    return {
      header: ['program', 'bundle MB', 'ready s', 'CPU s until then', 'RSS at rest MiB', 'of it files MiB'],
      rows: await Promise.all(['node', ...PROGRAMS].map(row)),
      floors,
    };
  },
};

/** Starts the programs one after the other, and then lets all of them rest. */
async function measureRound(rig: Rig, effort: Effort): Promise<Record<string, Figures>> {
  const figures: Record<string, Figures> = { node: await measureNode() };
  const running: RunningProgram[] = [];
  try {
    for (const name of PROGRAMS) {
      const program = await rig.start({ name, settings: await settingsOf(rig, name), prefix: [...PINNED] });
      figures[name] = { ready: await secondsSinceStart(program.pid), cpu: await cpuSeconds(program.pid), rest: 0, files: 0 };
      running.push(program);
    }
    await delay(effort.smoke ? 0 : REST_MS);
    for (const [index, name] of PROGRAMS.entries()) {
      const pid = running[index]?.pid ?? 0;
      Object.assign(figures[name] ?? {}, { rest: await presentMemory(pid), files: await filePages(pid) });
    }
  } finally {
    await Promise.all(running.map((program) => program.stop()));
  }
  return figures;
}

/** Runs a Node.js that does nothing, and one that prints its own figures. */
async function measureNode(): Promise<Figures> {
  const begun = performance.now();
  await runCommand([...PINNED, process.execPath, '-e', '0']);
  const ready = (performance.now() - begun) / 1000;
  const script = `
    const { user, system } = process.cpuUsage();
    const status = require('node:fs').readFileSync('/proc/self/status', 'utf8');
    const mib = (field) => Number(new RegExp(field + ':\\\\s+(\\\\d+)').exec(status)[1]) / 1024;
    console.log(JSON.stringify({ cpu: (user + system) / 1e6, rest: mib('VmRSS'), files: mib('RssFile') }));`;
  const own = JSON.parse(await runCommand([...PINNED, process.execPath, '-e', script])) as Omit<Figures, 'ready'>;
  return { ready, ...own };
}

async function settingsOf(rig: Rig, name: ProgramName): Promise<Record<string, string>> {
  if (name === 'controller') {
    return {};
  }
  if (name === 'proxy') {
    return {
      OCI_CONNECTOR_PROXY_HOST: '127.0.0.1',
      OCI_CONNECTOR_PROXY_HTTP_PORT: String(await freePort()),
      OCI_CONNECTOR_PROXY_HTTPS_PORT: String(await freePort()),
      OCI_CONNECTOR_PROXY_DRAIN_DELAY: '0s',
    };
  }
  const directory = path.join(rig.directory, 'idle-kubelet');
  await mkdir(directory, { recursive: true });
  return {
    OCI_CONNECTOR_CSI_KUBELET_DIRECTORY: directory,
    OCI_CONNECTOR_CSI_SOCKET: path.join(directory, 'csi.sock'),
    OCI_CONNECTOR_CSI_REGISTRATION_DIRECTORY: 'none',
    OCI_CONNECTOR_CSI_NODE_NAME: 'bench',
  };
}

async function bundleMegabytes(name: string): Promise<number> {
  return (await stat(path.join(workspaceRoot, 'dist/apps', name, 'main.js'))).size / 1e6;
}
