import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';
import { clientEnvironment, digestIn, linesOf, type ClientSession, type RegistryClient } from './registry-client';

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
        digest: digestIn(await run(session, 'push', session.content.imageLayout, `${session.repository}:v1`)),
      }),
      'pull by tag': (session) => pull(session, `${session.repository}:v1`),
      'pull by digest': (session) => pull(session, `${session.repository}@${session.content.imageDigest}`),
      'list tags': async (session) => ({ tags: linesOf(await run(session, 'ls', session.repository)) }),
      'copy multi-arch': async (session) => {
        await run(session, 'push', session.content.indexLayout, `${session.repository}:multi`);
        await run(session, 'copy', `${session.repository}:multi`, `${session.repository}-copy:multi`);
        return { digest: digestIn(await run(session, 'digest', `${session.repository}-copy:multi`)) };
      },
      delete: async (session) => {
        await run(session, 'delete', `${session.repository}@${session.content.imageDigest}`);
        return {};
      },
    },
  };
}

/** Today's crane, and the one whose library kaniko ships. */
export const craneClients = [crane('crane'), crane('crane-0.20')];
