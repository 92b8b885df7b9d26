import { spawn } from 'node:child_process';
import { cp, mkdir, readlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../processes/run-command';
import { testbedEnvironment } from './testbed.config';
import { makeWorldDirectory, ownWorldName, removeAbandonedWorlds, removeWorld } from './world-owner';

/**
 * The testbed's world consists of a network namespace that has only loopback and no route to the outside, a mount namespace with its own
 * /etc/hosts, /run and /var, and a process namespace. When the first process in it ends, for any reason, the kernel ends all others, and
 * removes all mounts and interfaces.
 *
 * Hosts that represent the outside world (registries, realms, blob stores) have globally routable addresses, so that the egress policy
 * sees addresses as in production. No packet can leave the namespace.
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
  'blob-redirects.registry.example': '45.45.45.24',
  'blobs.example': '45.45.45.24',
  'private-ca.registry.example': '45.45.45.25',
} as const;

export type OutsideHost = Exclude<keyof typeof OUTSIDE_ADDRESS, 'apiServer'>;

/** Name of the world; set only in the process that runs inside. */
const worldName = testbedEnvironment.world;

/** Whether this process runs inside a world. */
export const insideWorld = worldName !== undefined;

/**
 * Runs this program again inside new namespaces, and removes everything afterwards.
 *
 * @returns its exit status
 */
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
  // If this process is killed, unshare ends, too; if unshare is killed, the first process of the new namespace ends.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, ...program], {
    // The last one is a channel for signals, because unshare does not forward them.
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

/** The data of the world, for the process inside. */
export interface World {
  readonly name: string;
  /** Directory for all temporary files; it is removed with the world. */
  readonly directory: string;
  /** Id of the process inside, as seen from the machine. */
  readonly pid: number;
}

/**
 * Prepares the namespaces. Call it once inside, before anything else. From then on the process ends when the outer process sends a
 * signal, and when the outer process ends.
 *
 * @throws Error when the process does not run inside a world
 */
export async function takeWorld(): Promise<World> {
  if (worldName === undefined) {
    throw new Error('this only works inside a world');
  }
  // /proc still shows the processes of the machine; only there the process can read its id on the machine.
  const pid = Number(await readlink('/proc/self'));
  const directory = path.join(tmpdir(), worldName);
  await runCommand(['mount', '-t', 'proc', 'proc', '/proc']);
  // Programs have fixed paths in these directories; only this world must see the files that they write there.
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

/** Exit status after a signal, as shells use it for SIGINT. */
const INTERRUPTED = 130;

/** Sets up the interfaces and the host names. Call it only inside a world. */
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

/** Directories in which docker and podman look for the CA of a registry. Inside, the namespace has its own. */
const CERTS_DIRECTORIES = ['/etc/docker/certs.d', '/etc/containers/certs.d'];

/** Installs the CA of one host for docker and podman. */
export async function trustRegistry(host: string, caFile: string): Promise<void> {
  for (const place of CERTS_DIRECTORIES) {
    await mkdir(path.join(place, host), { recursive: true });
    await cp(caFile, path.join(place, host, 'ca.crt'));
  }
}
