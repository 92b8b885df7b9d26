import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';
import { clientEnvironment, digestIn, linesOf, loginOption, type ClientSession, type RegistryClient } from './registry-client';

type Tool = 'buildah' | 'podman';

/** Runs the tool with its own storage in the session's directory, so that it neither reads nor changes the images of the machine. */
function local(session: ClientSession, tool: Tool, ...args: string[]): Promise<string> {
  const storage = ['--root', path.join(session.directory, 'storage'), '--runroot', path.join(session.directory, 'run')];
  return runCommand([toolPath(tool), ...storage, '--storage-driver', 'vfs', ...args], { env: clientEnvironment(session) });
}

function remote(session: ClientSession, tool: Tool, command: readonly string[], ...names: string[]): Promise<string> {
  const certificates = session.settings ? [`--cert-dir=${session.settings.caDirectory}`] : [];
  const tls = session.scheme === 'http' ? ['--tls-verify=false'] : certificates;
  return local(session, tool, ...command, ...loginOption('--authfile', session), ...tls, ...names);
}

/** Pulls into an empty store, and returns the digest that the store has for the name. */
async function pull(session: ClientSession, tool: Tool, reference: string): Promise<{ digest: string }> {
  await local(session, tool, 'rmi', '--all', '--force');
  await remote(session, tool, ['pull'], `docker://${reference}`);
  return { digest: digestIn(await local(session, tool, 'images', '--digests', '--format', '{{.Digest}}')) };
}

async function push(session: ClientSession, tool: Tool): Promise<{ digest: string }> {
  const digestFile = path.join(session.directory, 'digest');
  const id = (await local(session, tool, 'pull', '-q', `oci:${session.content.imageLayout}:v1`)).trim();
  await remote(session, tool, ['push', '--format', 'oci', '--digestfile', digestFile], id, `docker://${session.repository}:v1`);
  return { digest: digestIn(await readFile(digestFile, 'utf8')) };
}

async function pushIndex(session: ClientSession, tool: Tool): Promise<{ digest: string }> {
  const target = `docker://${session.repository}-copy:multi`;
  const digestFile = path.join(session.directory, 'index-digest');
  await local(session, tool, 'manifest', 'create', 'multi');
  await local(session, tool, 'manifest', 'add', '--all', 'multi', `oci:${session.content.indexLayout}:multi`);
  await remote(session, tool, ['manifest', 'push', '--all', '--digestfile', digestFile], 'multi', target);
  return { digest: digestIn(await readFile(digestFile, 'utf8')) };
}

function client(tool: Tool): RegistryClient {
  /**
   * Digests that this client pushed, by repository. It compresses layers again if it cannot mount them, so the digest can
   * differ from the layout's.
   */
  const pushed = new Map<string, string>();
  return {
    name: tool,
    operations: {
      push: async (session) => {
        const { digest } = await push(session, tool);
        pushed.set(session.repository, digest);
        return { digest };
      },
      'pull by tag': (session) => pull(session, tool, `${session.repository}:v1`),
      'pull by digest': (session) => pull(session, tool, `${session.repository}@${pushed.get(session.repository) ?? ''}`),
      'copy multi-arch': (session) => pushIndex(session, tool),
    },
  };
}

export const buildahClient = client('buildah');

const podman = client('podman');

export const podmanClient: RegistryClient = {
  ...podman,
  operations: {
    ...podman.operations,
    'list tags': async (session) => {
      // podman search has no option --cert-dir; the CA is in a directory that the engine reads by default.
      const tls = session.scheme === 'http' ? ['--tls-verify=false'] : [];
      const search = ['search', '--list-tags', '--format', '{{.Tag}}', ...loginOption('--authfile', session), ...tls];
      const answer = await local(session, 'podman', ...search, session.repository);
      // Old versions ignore the format and print a table; in both cases the tag is the last column.
      return { tags: linesOf(answer).map((line) => line.trim().split(/\s+/).at(-1) ?? '') };
    },
  },
};
