import { runCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';
import path from 'node:path';
import {
  ARTIFACT_TYPE,
  attachAndList,
  clientEnvironment,
  digestIn,
  linesOf,
  type ClientSession,
  type RegistryClient,
} from './registry-client';

const run = (session: ClientSession, command: readonly string[], prefixes: readonly string[] = ['']): Promise<string> => {
  const certificates = session.settings ? [`ca-file=${session.settings.caFile}`] : [];
  const tls = session.scheme === 'http' ? ['plain-http'] : certificates;
  const flags = prefixes.flatMap((prefix) => tls.map((flag) => `--${prefix}${flag}`));
  return runCommand([toolPath('oras'), ...command, ...flags], { env: clientEnvironment(session), cwd: session.directory });
};

/** A copy between two names needs the flags for both sides. */
const BOTH_SIDES = ['from-', 'to-'];

const pull = async (session: ClientSession, reference: string): Promise<{ digest: string }> => {
  const layout = path.join(session.directory, `pulled-${reference.includes('@') ? 'digest' : 'tag'}`);
  return { digest: digestIn(await run(session, ['cp', '--to-oci-layout', reference, `${layout}:v1`], ['from-'])) };
};

/**
 * The client oras, whose library helm and notation use, too. It sends the first request without credentials, and reads only one
 * challenge.
 */
export const orasClient: RegistryClient = {
  name: 'oras',
  operations: {
    push: async (session) => {
      const target = `${session.repository}:v1`;
      return { digest: digestIn(await run(session, ['cp', '--from-oci-layout', `${session.content.imageLayout}:v1`, target], ['to-'])) };
    },
    'pull by tag': (session) => pull(session, `${session.repository}:v1`),
    'pull by digest': (session) => pull(session, `${session.repository}@${session.content.imageDigest}`),
    'list tags': async (session) => ({ tags: linesOf(await run(session, ['repo', 'tags', session.repository])) }),
    'list referrers': (session) => {
      const subject = `${session.repository}@${session.content.imageDigest}`;
      const note = (number: number): string[] => ['--artifact-type', ARTIFACT_TYPE, '--annotation', `number=${number}`];
      return attachAndList(
        (number) => run(session, ['attach', '--format=go-template={{.digest}}', ...note(number), subject]),
        () => run(session, ['discover', '--depth=1', '--format=go-template={{range .referrers}}{{.digest}} {{end}}', subject]),
      );
    },
    'copy multi-arch': async (session) => {
      const [source, target] = [`${session.repository}:multi`, `${session.repository}-copy:multi`];
      await run(session, ['cp', '-r', '--from-oci-layout', `${session.content.indexLayout}:multi`, source], ['to-']);
      await run(session, ['cp', '-r', source, target], BOTH_SIDES);
      return { digest: digestIn(await run(session, ['resolve', target])) };
    },
    delete: async (session) => {
      await run(session, ['manifest', 'delete', '--force', `${session.repository}@${session.content.imageDigest}`]);
      return {};
    },
  },
};
