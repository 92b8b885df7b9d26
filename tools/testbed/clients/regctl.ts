import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';
import {
  ARTIFACT_TYPE,
  attachAndList,
  clientEnvironment,
  digestIn,
  linesOf,
  type ClientSession,
  type RegistryClient,
} from './registry-client';

async function run(session: ClientSession, ...args: string[]): Promise<string> {
  const env = clientEnvironment(session, { REGCTL_CONFIG: path.join(session.directory, 'regctl.json') });
  if (session.settings) {
    const ca = await readFile(session.settings.caFile, 'utf8');
    const tls = session.scheme === 'http' ? ['--tls', 'disabled'] : ['--tls', 'enabled', '--cacert', ca];
    await runCommand([toolPath('regctl'), 'registry', 'set', session.host, '--skip-check', ...tls], { env });
  }
  return runCommand([toolPath('regctl'), ...args], { env });
}

const pull = async (session: ClientSession, reference: string): Promise<{ digest: string }> => {
  const layout = `ocidir://${path.join(session.directory, `pulled-${reference.includes('@') ? 'digest' : 'tag'}`)}:v1`;
  await run(session, 'image', 'copy', reference, layout);
  return { digest: digestIn(await run(session, 'image', 'digest', layout)) };
};

/** The client regctl. Unlike the other clients, it sends chunks with Content-Range and requests the status of uploads. */
export const regctlClient: RegistryClient = {
  name: 'regctl',
  operations: {
    push: async (session) => {
      await run(session, 'image', 'copy', `ocidir://${session.content.imageLayout}:v1`, `${session.repository}:v1`);
      return { digest: digestIn(await run(session, 'image', 'digest', `${session.repository}:v1`)) };
    },
    'pull by tag': (session) => pull(session, `${session.repository}:v1`),
    'pull by digest': (session) => pull(session, `${session.repository}@${session.content.imageDigest}`),
    'list tags': async (session) => ({ tags: linesOf(await run(session, 'tag', 'ls', session.repository)) }),
    'list referrers': (session) => {
      const subject = `${session.repository}@${session.content.imageDigest}`;
      const note = (number: number): string[] => [
        '--artifact-type',
        ARTIFACT_TYPE,
        '--annotation',
        `number=${number}`,
        '--file',
        session.content.file,
      ];
      return attachAndList(
        (number) => run(session, 'artifact', 'put', '--format={{.Manifest.GetDescriptor.Digest}}', ...note(number), '--subject', subject),
        () => run(session, 'artifact', 'list', '--format={{range .Descriptors}}{{println .Digest}}{{end}}', subject),
      );
    },
    'copy multi-arch': async (session) => {
      const [source, target] = [`${session.repository}:multi`, `${session.repository}-copy:multi`];
      await run(session, 'image', 'copy', `ocidir://${session.content.indexLayout}:multi`, source);
      await run(session, 'image', 'copy', source, target);
      return { digest: digestIn(await run(session, 'image', 'digest', target)) };
    },
    delete: async (session) => {
      await run(session, 'manifest', 'delete', `${session.repository}@${session.content.imageDigest}`);
      return {};
    },
  },
};
