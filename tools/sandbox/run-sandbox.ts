import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { workspaceRoot } from '../processes/workspace';
import { type Manifest } from '../installation/apply-manifests';
import { type Kubelet } from '../kubelet/kubelet';
import { requireSocketPath } from '../kubelet/socket-path';
import { preferredPort } from '../processes/free-port';
import { ProcessGroup } from '../processes/process-group';
import { applyUserManifests } from './apply-user-manifests';
import { endLeftOver } from './end-left-over';
import { howToGoOn } from './how-to-go-on';
import { howToRepeat } from './how-to-repeat';
import { mountSample } from './mount-sample';
import { runSample } from './run-sample';
import { type Sandbox } from './sandbox';
import { startKubelet } from './start-kubelet';
import { csiSocketIn, startSandbox, type SandboxStart } from './start-sandbox';

export interface SandboxOptions {
  /** Manifests to apply instead of the sample. */
  readonly manifests: readonly Manifest[];
  /** Exit when the job is done. */
  readonly check: boolean;
  readonly caBundle?: string;
  readonly httpPort?: number;
  readonly httpsPort?: number;
}

/** Says that a sandbox runs here, and which process it is. */
const PID_FILE = 'sandbox.pid';

/** What holds credentials, or says that a sandbox runs. */
const WITHOUT_LOGS = [
  'sandbox.json',
  'kubeconfig',
  'controller.kubeconfig',
  'proxy.kubeconfig',
  'csi.kubeconfig',
  'ca.crt',
  'csi.sock',
  'kubelet',
  PID_FILE,
];

/** Starts everything, does the main job, stays up unless `check`, takes everything down. Resolves with the exit status. */
export async function runSandbox(options: SandboxOptions): Promise<number> {
  const directory = path.join(workspaceRoot, '.sandbox');
  requireSocketPath(csiSocketIn(directory));
  await requireNoOther(directory);
  await endLeftOver(path.join(directory, 'sandbox.json'));
  const ports = await choosePorts(options);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, PID_FILE), String(process.pid));
  const group = new ProcessGroup(path.join(directory, 'logs'), { ownSessions: true });
  const closing: (() => Promise<unknown>)[] = [() => group.stopAll()];
  const interrupted = interruption();
  try {
    const settings = options.caBundle === undefined ? undefined : { OCI_CONNECTOR_CA_BUNDLE: options.caBundle };
    const work = startAndWork(options, { ports, directory, group, closing, settings });
    const outcome = await Promise.race([work, interrupted]);
    if (outcome === 'interrupted') {
      return 130;
    }
    if (!options.check) {
      await interrupted;
      process.stdout.write('… stopping\n');
    }
    return options.check ? outcome : 0;
  } finally {
    for (const close of closing) {
      await close();
    }
    for (const name of WITHOUT_LOGS) {
      await rm(path.join(directory, name), { recursive: true, force: true });
    }
  }
}

/** Two sandboxes in one workspace would take each other's files away. */
async function requireNoOther(directory: string): Promise<void> {
  const pid = Number(await readFile(path.join(directory, PID_FILE), 'utf8').catch(() => '0'));
  if (pid > 0 && isAlive(pid)) {
    throw new Error(`a sandbox runs here already, process ${pid}; end it first (Ctrl-C there, or kill ${pid})`);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // No such process (kill(2), ESRCH): left behind by one that was killed.
    return false;
  }
}

/** The ports that were asked for, which must be free, or the usual ones, or any. */
async function choosePorts({ httpPort, httpsPort }: SandboxOptions): Promise<SandboxStart['ports']> {
  await requireFree('--port', httpPort);
  await requireFree('--https-port', httpsPort);
  return { http: httpPort ?? (await usualPort(8080)), https: httpsPort ?? (await usualPort(8443)) };
}

async function usualPort(usual: number): Promise<number> {
  const port = await preferredPort(usual);
  if (port !== usual) {
    process.stdout.write(`port ${usual} is in use: the proxy takes ${port} instead\n`);
  }
  return port;
}

async function requireFree(option: string, port: number | undefined): Promise<void> {
  if (port !== undefined && (await preferredPort(port)) !== port) {
    throw new Error(`${option}: port ${port} is in use; choose another`);
  }
}

/** A signal may come several times, from the terminal, from npm and from the script that started this; what is being ended must not be cut. */
function interruption(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => resolve('interrupted'));
    }
  });
}

async function startAndWork(options: SandboxOptions, start: SandboxStart): Promise<number> {
  const sandbox = await startSandbox(start);
  const { problems, next } = await doTheJob(options, sandbox, start.closing);
  await writeState(sandbox);
  if (!options.check) {
    process.stdout.write(next);
  }
  if (problems.length === 0) {
    return 0;
  }
  // Last, so that nobody has to look for it.
  process.stdout.write(`\n${problems.join('\n')}\n`);
  if (!options.check) {
    process.stdout.write('Correct this with kubectl: Connectors are checked and volumes are tried again.\n');
  }
  return 1;
}

interface Job {
  /** What did not work, and what to do about it. */
  readonly problems: readonly string[];
  /** What the user may do now. */
  readonly next: string;
}

async function doTheJob({ manifests }: SandboxOptions, sandbox: Sandbox, closing: SandboxStart['closing']): Promise<Job> {
  let isDone = false;
  const kubelet = startKubelet(
    sandbox,
    ({ metadata }, { directory }) => {
      // What is published before is told where it is waited for.
      if (isDone) {
        process.stdout.write(`\nPod ${metadata.namespace}/${metadata.name}: its volume is in ${directory}\n`);
      }
    },
    closing,
  );
  const job = manifests.length > 0 ? await applyAll(sandbox, kubelet, manifests) : await showSample(sandbox, kubelet);
  isDone = true;
  return job;
}

async function applyAll(sandbox: Sandbox, kubelet: Kubelet, manifests: readonly Manifest[]): Promise<Job> {
  const applied = await applyUserManifests(sandbox, kubelet, manifests);
  return { problems: applied.problems, next: howToGoOn(sandbox, applied) };
}

async function showSample(sandbox: Sandbox, kubelet: Kubelet): Promise<Job> {
  const problem = await runSample(sandbox);
  if (problem !== undefined) {
    return { problems: [problem], next: howToGoOn(sandbox, { objects: [], connectors: [], volumes: [] }) };
  }
  return { problems: [], next: howToRepeat(sandbox, await mountSample(sandbox, kubelet)) };
}

/** For scripts: written last, so that whoever sees it finds everything running. */
async function writeState({ kubeconfig, caFile, proxy, registry, csiSocket, pids, directory }: Sandbox): Promise<void> {
  const state = { kubeconfig, caFile, proxy, registry: registry.url, csiSocket, pids };
  await writeFile(path.join(directory, 'sandbox.json'), `${JSON.stringify(state, null, 2)}\n`);
}
