import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type ProcessGroup } from '../../processes/process-group';
import { runCommand, tryCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';
import { clientEnvironment, digestIn, type ClientSession, type RegistryClient } from './registry-client';

/** A docker engine of the testbed, with its own data and socket. */
export interface DockerEngine {
  readonly socket: string;
}

export interface DockerEngineOptions {
  readonly directory: string;
  /** Hosts to which the engine connects over http. */
  readonly insecureRegistries?: readonly string[];
  /** Further environment variables. The engine, not its client, connects to registries. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Starts dockerd without network. It does not affect the engine of the machine. */
export async function startDockerEngine(group: ProcessGroup, options: DockerEngineOptions): Promise<DockerEngine> {
  const { directory, insecureRegistries = [], variables } = options;
  await mkdir(directory, { recursive: true });
  const socket = path.join(directory, 'docker.sock');
  await group.start({
    name: path.basename(directory),
    command: [
      toolPath('dockerd'),
      '--bridge=none',
      '--iptables=false',
      '--storage-driver=vfs',
      `--data-root=${path.join(directory, 'data')}`,
      `--exec-root=${path.join(directory, 'exec')}`,
      `--pidfile=${path.join(directory, 'docker.pid')}`,
      `--host=unix://${socket}`,
      ...insecureRegistries.map((host) => `--insecure-registry=${host}`),
    ],
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: directory,
      XDG_RUNTIME_DIR: directory,
      ...variables,
    },
    ready: async () => (await tryCommand([toolPath('docker'), `--host=unix://${socket}`, 'version'])).status === 0,
  });
  return { socket };
}

/** The client of the docker engine. It uploads in one chunked PATCH, and requires a Range header in the response. */
export function dockerClient(engines: { readonly http: DockerEngine; readonly https: DockerEngine }): RegistryClient {
  const run = (session: ClientSession, ...args: string[]): Promise<string> =>
    runCommand([toolPath('docker'), `--host=unix://${engines[session.scheme].socket}`, ...args], { env: clientEnvironment(session) });
  const pull = async (session: ClientSession, reference: string): Promise<{ digest: string }> => {
    await tryCommand([toolPath('docker'), `--host=unix://${engines[session.scheme].socket}`, 'rmi', '--force', reference]);
    return { digest: digestIn(await run(session, 'pull', reference)) };
  };
  /** Digests that this client pushed, by repository. The engine creates its own manifests, so the digest differs from the layout's. */
  const pushed = new Map<string, string>();
  return {
    name: 'docker',
    operations: {
      push: async (session) => {
        await run(session, 'load', '--input', session.content.dockerArchive);
        await run(session, 'tag', 'sample:v1', `${session.repository}:v1`);
        const digest = digestIn(await run(session, 'push', `${session.repository}:v1`));
        pushed.set(session.repository, digest);
        return { digest };
      },
      'pull by tag': (session) => pull(session, `${session.repository}:v1`),
      'pull by digest': (session) => pull(session, `${session.repository}@${pushed.get(session.repository) ?? ''}`),
    },
  };
}
