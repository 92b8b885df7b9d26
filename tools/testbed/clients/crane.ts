import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';
import { clientEnvironment, digestIn, linesOf, type ClientSession, type RegistryClient } from './registry-client';

/**
 * Returns the name with port 80 for http. crane tries https first, and accepts any certificate with `--insecure`. It uses http to a host
 * that serves both only if the name contains port 80. cosign has the same library.
 */
export function portedRepositoryOf({ scheme, host, repository }: ClientSession): string {
  return scheme === 'https' || host.includes(':') ? repository : `${host}:80${repository.slice(host.length)}`;
}

function crane(tool: string): RegistryClient {
  const run = (session: ClientSession, ...args: string[]): Promise<string> => {
    const insecure = session.scheme === 'http' ? ['--insecure'] : [];
    return runCommand([toolPath(tool), ...args, ...insecure], { env: clientEnvironment(session) });
  };
  const pull = async (session: ClientSession, reference: string): Promise<{ digest: string }> => {
    const layout = path.join(session.directory, `pulled-${reference.includes('@') ? 'digest' : 'tag'}`);
    await run(session, 'pull', '--format=oci', reference, layout);
    return { digest: digestIn(await readFile(path.join(layout, 'index.json'), 'utf8')) };
  };
  return {
    name: tool,
    operations: {
      push: async (session) => ({
        digest: digestIn(await run(session, 'push', session.content.imageLayout, `${portedRepositoryOf(session)}:v1`)),
      }),
      'pull by tag': (session) => pull(session, `${portedRepositoryOf(session)}:v1`),
      'pull by digest': (session) => pull(session, `${portedRepositoryOf(session)}@${session.content.imageDigest}`),
      'list tags': async (session) => ({ tags: linesOf(await run(session, 'ls', portedRepositoryOf(session))) }),
      'copy multi-arch': async (session) => {
        await run(session, 'push', session.content.indexLayout, `${portedRepositoryOf(session)}:multi`);
        await run(session, 'copy', `${portedRepositoryOf(session)}:multi`, `${portedRepositoryOf(session)}-copy:multi`);
        return { digest: digestIn(await run(session, 'digest', `${portedRepositoryOf(session)}-copy:multi`)) };
      },
      delete: async (session) => {
        await run(session, 'delete', `${portedRepositoryOf(session)}@${session.content.imageDigest}`);
        return {};
      },
    },
  };
}

/** The current crane, and the version whose library kaniko contains. */
export const craneClients = [crane('crane'), crane('crane-0.20')];
