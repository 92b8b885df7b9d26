import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { runCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';
import { clientEnvironment, digestIn, loginOption, type ClientSession, type RegistryClient } from './registry-client';

function run(session: ClientSession, command: readonly string[], sides: readonly string[]): Promise<string> {
  const certificates = session.settings ? [`cert-dir=${session.settings.caDirectory}`] : [];
  const flags = session.scheme === 'http' ? ['tls-verify=false'] : certificates;
  const options = [...loginOption('--authfile', session), ...sides.flatMap((side) => flags.map((flag) => `--${side}${flag}`))];
  return runCommand([toolPath('skopeo'), ...command, ...options], { env: clientEnvironment(session) });
}

const pull = async (session: ClientSession, reference: string): Promise<{ digest: string }> => {
  const layout = path.join(session.directory, `pulled-${reference.includes('@') ? 'digest' : 'tag'}`);
  await run(session, ['copy', `docker://${reference}`, `oci:${layout}:v1`], ['src-']);
  return { digest: digestIn(await readFile(path.join(layout, 'index.json'), 'utf8')) };
};

/**
 * The client skopeo, with the library that podman and buildah use, too. It pings without credentials, and streams each layer in
 * one PATCH.
 */
export const skopeoClient: RegistryClient = {
  name: 'skopeo',
  operations: {
    push: async (session) => {
      const target = `docker://${session.repository}:v1`;
      // Its cache of blobs is one for all users of the host and knows what podman has compressed: it would push that layer instead.
      await run(session, ['copy', '--preserve-digests', `oci:${session.content.imageLayout}:v1`, target], ['dest-']);
      return { digest: digestIn(await run(session, ['inspect', '--no-tags', '--format={{.Digest}}', target], [''])) };
    },
    'pull by tag': (session) => pull(session, `${session.repository}:v1`),
    'pull by digest': (session) => pull(session, `${session.repository}@${session.content.imageDigest}`),
    'list tags': async (session) => {
      const answer = await run(session, ['list-tags', `docker://${session.repository}`], ['']);
      return { tags: (JSON.parse(answer) as { Tags: string[] }).Tags };
    },
    'copy multi-arch': async (session) => {
      const [source, target] = [`docker://${session.repository}:multi`, `docker://${session.repository}-copy:multi`];
      await run(session, ['copy', '--all', '--preserve-digests', `oci:${session.content.indexLayout}:multi`, source], ['dest-']);
      await run(session, ['copy', '--all', source, target], ['src-', 'dest-']);
      return { digest: digestIn(await run(session, ['inspect', '--no-tags', '--format={{.Digest}}', target], [''])) };
    },
    delete: async (session) => {
      await run(session, ['delete', `docker://${session.repository}@${session.content.imageDigest}`], ['']);
      return {};
    },
  },
};
