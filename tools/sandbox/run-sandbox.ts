import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { workspaceRoot } from '../processes/workspace';
import { type Manifest } from '../installation/apply-manifests';
import { type Kubelet } from '../kubelet/kubelet';
import { requireSocketPath } from '../kubelet/socket-path';
import { preferredPort } from '../processes/free-port';
import { ProcessGroup } from '../processes/process-group';
import { applyUserManifests, notPublished } from './apply-user-manifests';
import { endLeftOver } from './end-left-over';
import { howToGoOn, quoted } from './how-to-go-on';
import { howToRepeat } from './how-to-repeat';
import { mountSample } from './mount-sample';
import { runSample } from './run-sample';
import { type Sandbox } from './sandbox';
import { startKubelet } from './start-kubelet';
import { csiSocketIn, startSandbox, type SandboxStart } from './start-sandbox';

export interface SandboxOptions {
  /** Manifests to apply instead of the sample. */
  readonly manifests: readonly Manifest[];
  /** The sources of the manifests, as -f names them. */
  readonly sources: readonly string[];
  /** Exit when all steps are done. */
  readonly check: boolean;
  readonly caBundle?: string;
  readonly httpPort?: number;
  readonly httpsPort?: number;
}

/** File with the pid of the sandbox that runs in the directory. */
const PID_FILE = 'sandbox.pid';

/** The files to delete at the end: they contain credentials, or show that a sandbox runs. */
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

/**
 * Starts all programs, does the work, waits for a signal unless `check` is set, and ends all programs.
 *
 * @returns the exit status
 */
export async function runSandbox(options: SandboxOptions): Promise<number> {
  const directory = path.join(workspaceRoot, '.sandbox');
  requireSocketPath(csiSocketIn(directory));
  await requireNoOther(directory, options.sources);
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

/**
 * Checks that no other sandbox runs in the workspace; it would delete the files of this one.
 *
 * @throws Error when one runs
 */
async function requireNoOther(directory: string, sources: readonly string[]): Promise<void> {
  const pid = Number(await readFile(path.join(directory, PID_FILE), 'utf8').catch(() => '0'));
  if (pid > 0 && isAlive(pid)) {
    const applying = [
      'kubectl --kubeconfig',
      quoted(path.join(directory, 'kubeconfig')),
      'apply',
      ...sources.map((one) => `-f ${quoted(one)}`),
    ];
    const instead = sources.length === 0 ? '' : `; or apply the manifests there: ${applying.join(' ')}`;
    throw new Error(`a sandbox already runs in this workspace, process ${pid}; end it first (Ctrl-C there, or kill ${pid})${instead}`);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // No such process (kill(2), ESRCH): a killed sandbox left the file.
    return false;
  }
}

/** Returns the requested ports, which must be free; otherwise the usual ports, or free ones if these are in use. */
async function choosePorts({ httpPort, httpsPort }: SandboxOptions): Promise<SandboxStart['ports']> {
  await requireFree('--port', httpPort);
  await requireFree('--https-port', httpsPort);
  return { http: httpPort ?? (await usualPort(8080)), https: httpsPort ?? (await usualPort(8443)) };
}

async function usualPort(usual: number): Promise<number> {
  const port = await preferredPort(usual);
  if (port !== usual) {
    process.stdout.write(`port ${usual} is in use; the proxy uses ${port} instead\n`);
  }
  return port;
}

async function requireFree(option: string, port: number | undefined): Promise<void> {
  if (port !== undefined && (await preferredPort(port)) !== port) {
    throw new Error(`${option}: port ${port} is in use; choose another`);
  }
}

/**
 * Resolves at the first signal. Later ones are ignored, because they must not interrupt the end of the programs: the terminal, npm and
 * the script that started the sandbox may each send one.
 */
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
  // The problems are printed last, where the user sees them.
  process.stdout.write(`\n${problems.join('\n')}\n`);
  if (!options.check) {
    process.stdout.write('Correct this with kubectl. The controller checks Connectors again, and the sandbox retries the volumes.\n');
  }
  return 1;
}

interface Job {
  /** What failed, and how to fix it. */
  readonly problems: readonly string[];
  /** The text with the commands that the user can try next. */
  readonly next: string;
}

async function doTheJob({ manifests }: SandboxOptions, sandbox: Sandbox, closing: SandboxStart['closing']): Promise<Job> {
  let isDone = false;
  // applyUserManifests and mountSample report the volumes that are published or refused earlier.
  const tell = (text: string): void => {
    if (isDone) {
      process.stdout.write(`\n${text}\n`);
    }
  };
  const kubelet = startKubelet(
    sandbox,
    {
      onPublished: ({ metadata }, { directory }) => tell(`Pod ${metadata.namespace}/${metadata.name}: volume published in ${directory}`),
      onRefused: (pod, name, reason) => tell(notPublished(pod, name, reason)),
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

/** Writes the state for scripts. It is written last, so that all programs run when the file appears. */
async function writeState({ kubeconfig, caFile, proxy, registry, csiSocket, admin, pids, directory }: Sandbox): Promise<void> {
  const state = { kubeconfig, caFile, proxy, registry: registry.url, csiSocket, admin, pids };
  await writeFile(path.join(directory, 'sandbox.json'), `${JSON.stringify(state, null, 2)}\n`);
}
