import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ProcessGroup } from '../../processes/process-group';
import { runCommand, tryCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';
import { clientEnvironment, digestIn, type ClientSession, type HostSettings, type RegistryClient } from './registry-client';

/**
 * Starts a containerd with its own root, state and socket.
 *
 * @returns the path of the socket
 */
export async function startContainerd(group: ProcessGroup, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const socket = path.join(directory, 'containerd.sock');
  const config = path.join(directory, 'config.toml');
  await writeFile(
    config,
    [
      'version = 3',
      `root = "${path.join(directory, 'root')}"`,
      `state = "${path.join(directory, 'state')}"`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"]',
      '[grpc]',
      `address = "${socket}"`,
      '',
    ].join('\n'),
  );
  await group.start({
    name: 'containerd',
    command: [toolPath('containerd'), '--config', config],
    ready: async () => (await tryCommand([toolPath('ctr'), '--address', socket, 'version'])).status === 0,
  });
  return socket;
}

/** The client of containerd. It sends no ping, begins with HEAD, and uploads each layer in one PUT. */
export function ctrClient(socket: string): RegistryClient {
  const run = (session: ClientSession, ...args: string[]): Promise<string> =>
    runCommand([toolPath('ctr'), '--address', socket, '--namespace', namespaceOf(session), ...args], { env: clientEnvironment(session) });
  const remote = async (session: ClientSession, command: readonly string[], reference: string): Promise<string> => {
    const { settings } = session;
    const hosts = settings ? ['--hosts-dir', await hostsDirectory(session, settings)] : [];
    const tls = session.scheme === 'http' ? ['--plain-http'] : hosts;
    const user = settings ? ['--user', `${settings.login.username}:${settings.login.password}`] : [];
    return run(session, ...command, ...tls, ...user, reference);
  };
  const digestOf = async (session: ClientSession, reference: string): Promise<{ digest: string }> => {
    const line = (await run(session, 'images', 'list', `name==${reference}`)).split('\n').find((text) => text.startsWith(reference));
    return { digest: digestIn((line ?? '').slice(reference.length)) };
  };
  const pull = async (session: ClientSession, reference: string): Promise<{ digest: string }> => {
    await run(session, 'images', 'remove', '--sync', reference);
    await remote(session, ['images', 'pull'], reference);
    return digestOf(session, reference);
  };
  /** Imports an archive and pushes its only image, which gets the name `repository:TAG` with its tag in the archive. */
  const pushFrom = async (session: ClientSession, archive: string, repository: string): Promise<{ digest: string }> => {
    const tag = archive === session.content.indexArchive ? 'multi' : 'v1';
    await run(session, 'images', 'import', '--all-platforms', '--base-name', repository, archive);
    await remote(session, ['images', 'push'], `${repository}:${tag}`);
    return digestOf(session, `${repository}:${tag}`);
  };
  return {
    name: 'ctr',
    operations: {
      push: (session) => pushFrom(session, session.content.ociArchive, session.repository),
      'pull by tag': (session) => pull(session, `${session.repository}:v1`),
      'pull by digest': (session) => pull(session, `${session.repository}@${session.content.imageDigest}`),
      'copy multi-arch': (session) => pushFrom(session, session.content.indexArchive, `${session.repository}-copy`),
    },
  };
}

/** Writes the hosts directory from which containerd reads a registry's CA, as an operator of nodes would write it. */
async function hostsDirectory(session: ClientSession, { caFile }: HostSettings): Promise<string> {
  const directory = path.join(session.directory, 'hosts');
  const server = `https://${session.host}`;
  await mkdir(path.join(directory, session.host), { recursive: true });
  await writeFile(
    path.join(directory, session.host, 'hosts.toml'),
    [`server = "${server}"`, `[host."${server}"]`, '  capabilities = ["pull", "resolve", "push"]', `  ca = "${caFile}"`, ''].join('\n'),
  );
  return directory;
}

/** Returns a containerd namespace for each session, so that no session finds the content of another. */
function namespaceOf(session: ClientSession): string {
  return path.basename(session.directory).replaceAll(/[^a-z0-9-]/g, '-');
}
