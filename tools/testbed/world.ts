import { spawn } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../processes/run-command';
import { testbedEnvironment } from './testbed.config';

/**
 * The testbed's world: a network namespace whose only interface is loopback, with no route out of it, and a mount
 * namespace with its own /etc/hosts. Both end with the process that made them; nothing is left on the machine.
 *
 * Hosts that stand for the outside world (registries, realms, blob stores) have globally routable addresses, so that the
 * egress policy meets what it meets in production. No packet can leave.
 */
export const OUTSIDE_ADDRESS = {
  apiServer: '10.244.0.1',
  'dist3-token.registry.example': '45.45.45.10',
  'auth.dist3.example': '45.45.45.11',
  'dist3-htpasswd.registry.example': '45.45.45.12',
  'dist3-anonymous.registry.example': '45.45.45.13',
  'dist2-token.registry.example': '45.45.45.14',
  'auth.dist2.example': '45.45.45.15',
  'fixture.registry.example': '45.45.45.16',
  'fixture-basic.registry.example': '45.45.45.17',
  'index.docker.io': '45.45.45.20',
  'registry-1.docker.io': '45.45.45.20',
  'auth.docker.io': '45.45.45.21',
} as const;

export type OutsideHost = Exclude<keyof typeof OUTSIDE_ADDRESS, 'apiServer'>;

/** True in the process that runs inside. */
export const insideWorld = testbedEnvironment.insideWorld === '1';

/** Runs this very program again inside new namespaces and resolves with its exit status. */
export function enterWorld(args: readonly string[]): Promise<number> {
  const script = process.argv[1] ?? '';
  const command = ['--net', '--mount', '--propagation', 'private', process.execPath, '--enable-source-maps', script, ...args];
  const child = spawn('unshare', command, {
    stdio: 'inherit',
    env: { ...testbedEnvironment.all, OCI_CONNECTOR_TESTBED_WORLD: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Brings the interfaces up and gives the names their addresses. Only to be called inside. */
export async function furnishWorld(directory: string, serviceNames: readonly string[]): Promise<void> {
  if (!insideWorld) throw new Error('the world is only furnished from inside');
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
