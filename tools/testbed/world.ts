import { spawn } from 'node:child_process';
import { cp, mkdir, readlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../processes/run-command';
import { testbedEnvironment } from './testbed.config';
import { makeWorldDirectory, ownWorldName, removeAbandonedWorlds, removeWorld } from './world-owner';

/**
 * The testbed's world: a network namespace whose only way is loopback, with no route out of it, a mount namespace with its
 * own /etc/hosts, /run and /var, and a process namespace. When the process that was started in it ends, however that happens, the
 * kernel ends every other one, and with them go all mounts and interfaces.
 *
 * Hosts that stand for the outside world (registries, realms, blob stores) have globally routable addresses, so that the
 * egress policy meets what it meets in production. No packet can leave.
 */
export const OUTSIDE_ADDRESS = {
  apiServer: '10.243.0.1',
  'dist3-token.registry.example': '45.45.45.10',
  'auth.dist3.example': '45.45.45.11',
  'dist3-htpasswd.registry.example': '45.45.45.12',
  'dist3-anonymous.registry.example': '45.45.45.13',
  'dist2-token.registry.example': '45.45.45.14',
  'auth.dist2.example': '45.45.45.15',
  'fixture.registry.example': '45.45.45.16',
  'fixture-basic.registry.example': '45.45.45.17',
  'gitea.registry.example': '45.45.45.18',
  'public-read.registry.example': '45.45.45.19',
  'index.docker.io': '45.45.45.20',
  'registry-1.docker.io': '45.45.45.20',
  'auth.docker.io': '45.45.45.21',
  'quay-rules.registry.example': '45.45.45.22',
  'paged-lists.registry.example': '45.45.45.23',
} as const;

export type OutsideHost = Exclude<keyof typeof OUTSIDE_ADDRESS, 'apiServer'>;

/** Name of the world, in the process that runs inside. */
const worldName = testbedEnvironment.world;

/** True in the process that runs inside. */
export const insideWorld = worldName !== undefined;

/** Runs this very program again inside new namespaces and resolves with its exit status. Leaves nothing behind. */
export async function enterWorld(args: readonly string[]): Promise<number> {
  await removeAbandonedWorlds();
  const name = ownWorldName();
  await makeWorldDirectory(name);
  try {
    return await runInside(name, args);
  } finally {
    await removeWorld(name);
  }
}

function runInside(name: string, args: readonly string[]): Promise<number> {
  const namespaces = ['--net', '--pid', '--fork', '--kill-child', '--mount', '--propagation', 'private'];
  const program = [process.execPath, '--enable-source-maps', process.argv[1] ?? '', ...args];
  // Whoever is killed takes the next with it: this process unshare, unshare the first process of the new namespace.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, ...program], {
    // The last one is a channel: unshare passes on no signals.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...testbedEnvironment.all, OCI_CONNECTOR_TESTBED_WORLD: name },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.connected && child.send(signal));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** What the process inside knows of its world. */
export interface World {
  readonly name: string;
  /** Where everything is that is not kept; removed with the world. */
  readonly directory: string;
  /** Process id by which the machine knows the process inside. */
  readonly pid: number;
}

/**
 * To be called once inside, first of all. From then on the process ends when it is told so, and when nobody is there any
 * more who could.
 */
export async function takeWorld(): Promise<World> {
  if (worldName === undefined) {
    throw new Error('this only works inside a world');
  }
  // /proc still is the machine's: what it calls this process, the process itself cannot know.
  const pid = Number(await readlink('/proc/self'));
  const directory = path.join(tmpdir(), worldName);
  await runCommand(['mount', '-t', 'proc', 'proc', '/proc']);
  // Programs have fixed places in here; what they write there is to be seen by none but this world.
  await runCommand(['mount', '-t', 'tmpfs', 'tmpfs', '/run']);
  const [changes, work] = [path.join(directory, 'var'), path.join(directory, 'var-work')];
  for (const place of [changes, work]) {
    await mkdir(place);
  }
  await runCommand(['mount', '-t', 'overlay', 'overlay', '-o', `lowerdir=/var,upperdir=${changes},workdir=${work}`, '/var']);
  process.once('message', () => process.exit(INTERRUPTED));
  process.once('disconnect', () => process.exit(INTERRUPTED));
  return { name: worldName, directory, pid };
}

/** Exit status of what was told to end, as shells have it for SIGINT. */
const INTERRUPTED = 130;

/** Brings the interfaces up and gives the names their addresses. Only to be called inside. */
export async function furnishWorld(directory: string, serviceNames: readonly string[]): Promise<void> {
  await runCommand(['ip', 'link', 'set', 'lo', 'up']);
  for (const address of new Set(Object.values(OUTSIDE_ADDRESS))) {
    await runCommand(['ip', 'address', 'add', `${address}/32`, 'dev', 'lo']);
  }
  await mkdir(directory, { recursive: true });
  const hosts = path.join(directory, 'hosts');
  const outside = Object.entries(OUTSIDE_ADDRESS).map(([name, address]) => `${address} ${name}`);
  const services = serviceNames.map((name) => `127.0.0.1 ${name}`);
  await writeFile(hosts, ['127.0.0.1 localhost', '::1 localhost', ...outside, ...services, ''].join('\n'));
  await runCommand(['mount', '--bind', hosts, '/etc/hosts']);
  for (const place of CERTS_DIRECTORIES) {
    await mkdir(place, { recursive: true });
    await runCommand(['mount', '-t', 'tmpfs', 'tmpfs', place]);
  }
}

/** Where docker and podman look for the CA of a registry. Inside, these are the namespace's own. */
const CERTS_DIRECTORIES = ['/etc/docker/certs.d', '/etc/containers/certs.d'];

/** Gives docker and podman the CA of one host. */
export async function trustRegistry(host: string, caFile: string): Promise<void> {
  for (const place of CERTS_DIRECTORIES) {
    await mkdir(path.join(place, host), { recursive: true });
    await cp(caFile, path.join(place, host, 'ca.crt'));
  }
}
