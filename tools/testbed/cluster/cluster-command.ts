import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TestCertificateAuthority } from '@oci-connector/testing-kit';
import { ProcessGroup } from '../../processes/process-group';
import { step } from '../../processes/progress';
import { htpasswdRegistry } from '../registries';
import { KUBERNETES_VERSION, toolPath } from '../toolchain';
import { enterWorld, furnishWorld, insideWorld, takeWorld } from '../world';
import { ownerOf, removeAbandonedWorlds } from '../world-owner';
import { checkCluster } from './cluster-check';
import { startInstalledCluster } from './installed-cluster';
import { CLIENT_IMAGES, podImage, pushClientImages } from './pod-images';
import { SAMPLE, shareConnector } from './shared-connector';

/** Directory of the files for the user: state, kubeconfig and logs. */
const DIRECTORY = path.join(process.cwd(), '.testbed', 'cluster');
const STATE_FILE = path.join(DIRECTORY, 'cluster.json');
const KUBECONFIG = path.join(DIRECTORY, 'kubeconfig');
const LOGS = path.join(DIRECTORY, 'logs');
const PROGRESS_LOG = path.join(DIRECTORY, 'progress.log');

/** The content of the state file, by which a running cluster is found. It is written last at the start. */
interface ClusterState {
  /** Name of its world. */
  readonly name: string;
  /** Id of a process in its namespaces. */
  readonly pid: number;
}

/** Time for the cluster to end by itself, in milliseconds. */
const DOWN_MS = 30_000;

/**
 * Runs the command "cluster". @param args of the whole program @param words after "cluster"; up, down, serve or check
 *
 * @returns the exit status
 */
export async function clusterCommand(args: readonly string[], [command]: readonly string[]): Promise<number> {
  if (command === 'up') {
    return up();
  }
  if (command === 'down') {
    return down();
  }
  if (command === 'serve') {
    return insideWorld ? serve() : serveOutside(args);
  }
  return checkCluster({
    up,
    down,
    running: runningCluster,
    kubectl: () => ({ command: kubectlInside(), env: { KUBECONFIG, HOME: DIRECTORY } }),
  });
}

async function up(): Promise<number> {
  if (runningCluster()) {
    process.stdout.write(`the cluster is already up\n\n${howToUse()}`);
    return 0;
  }
  if (!existsSync(toolPath('kubelet'))) {
    throw new Error('the tools are missing; run: npm run testbed -- install');
  }
  await rm(DIRECTORY, { recursive: true, force: true });
  await mkdir(DIRECTORY, { recursive: true });
  const log = openSync(PROGRESS_LOG, 'a');
  const child = spawn(process.execPath, ['--enable-source-maps', process.argv[1] ?? '', 'cluster', 'serve'], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => child.kill('SIGTERM'));
  }
  const started = await followUntilUp(child);
  if (started) {
    process.stdout.write(`\n${howToUse()}`);
  }
  return started ? 0 : 1;
}

/**
 * Prints the progress of the process in the background until the cluster is up or the process has ended.
 *
 * @returns whether it is up
 */
async function followUntilUp(child: ChildProcess): Promise<boolean> {
  let ended = false;
  child.once('exit', () => (ended = true)).once('error', () => (ended = true));
  for (let shown = 0; ;) {
    const last = ended || existsSync(STATE_FILE);
    const text = readFileSync(PROGRESS_LOG, 'utf8');
    process.stdout.write(text.slice(shown));
    shown = text.length;
    if (last) {
      return !ended;
    }
    await delay(100);
  }
}

/** Runs in the process that owns the world; at its end, everything is removed. */
async function serveOutside(args: readonly string[]): Promise<number> {
  try {
    return await enterWorld(args);
  } finally {
    await rm(STATE_FILE, { force: true });
  }
}

async function serve(): Promise<number> {
  const world = await takeWorld();
  const { directory } = world;
  await furnishWorld(directory, []);
  await mkdir(DIRECTORY, { recursive: true });
  const authority = await TestCertificateAuthority.create({ name: 'registry of the cluster' });
  const registryCaFile = path.join(directory, 'registry-ca.crt');
  await writeFile(registryCaFile, authority.caPem);
  const group = new ProcessGroup(LOGS);
  const registry = await htpasswdRegistry({ group, directory, authority, closing: [] });
  const cluster = await startInstalledCluster({ world, logDirectory: LOGS, registryCaFile, secrets: [], closing: [] });
  await step('building images of clients', () => pushClientImages(path.join(cluster.directory, 'images')));
  await step('sharing a Connector', () => shareConnector(cluster, registry, SAMPLE));
  await cp(cluster.api.kubeconfig, KUBECONFIG);
  await writeFile(STATE_FILE, JSON.stringify({ name: world.name, pid: world.pid } satisfies ClusterState));
  // It runs until a signal ends the process.
  return new Promise(() => undefined);
}

async function down(): Promise<number> {
  const state = runningCluster();
  if (!state) {
    await removeAbandonedWorlds();
    process.stdout.write('no cluster is up\n');
    return 0;
  }
  await step('ending the cluster', async () => {
    process.kill(state.owner, 'SIGTERM');
    const deadline = Date.now() + DOWN_MS;
    while (ownerOf(state.name) !== undefined && Date.now() < deadline) {
      await delay(50);
    }
    // All other processes in its namespaces end with it.
    if (ownerOf(state.name) !== undefined) {
      process.kill(state.owner, 'SIGKILL');
    }
    await removeAbandonedWorlds();
  });
  return 0;
}

function runningCluster(): (ClusterState & { readonly owner: number }) | undefined {
  if (!existsSync(STATE_FILE)) {
    return undefined;
  }
  const state = JSON.parse(readFileSync(STATE_FILE, 'utf8')) as ClusterState;
  const owner = ownerOf(state.name);
  return owner === undefined ? undefined : { ...state, owner };
}

/** Returns the beginning of a command that runs in the cluster's network. */
function enterNetwork(): [string, ...string[]] {
  return ['nsenter', '--target', String(runningCluster()?.pid), '--net'];
}

const kubectlInside = (): [string, ...string[]] => [...enterNetwork(), toolPath('kubectl')];

function howToUse(): string {
  const { connector, pusher } = SAMPLE;
  return `Kubernetes ${KUBERNETES_VERSION} with OCI Connector is up, in its own network. Commands enter the network with nsenter:

  export KUBECONFIG=${KUBECONFIG}
  ${kubectlInside().join(' ')} get pods --all-namespaces

Images for pods: ${['busybox', ...CLIENT_IMAGES].map(podImage).join(' ')}
Your own:        ${enterNetwork().join(' ')} ${toolPath('crane')} push LAYOUT ${podImage('NAME')}
ServiceAccount ${pusher.namespace}/${pusher.name} may push through Connector ${connector.namespace}/${connector.name}.
Logs:            ${LOGS}
To end it:       npm run testbed -- cluster down
`;
}
