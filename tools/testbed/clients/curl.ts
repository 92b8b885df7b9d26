import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../../processes/run-command';
import { blobFile, MEDIA, type Descriptor, sha256 } from '../oci-layout';
import { toolPath } from '../toolchain';
import { clientEnvironment, type ClientSession, type RegistryClient } from './registry-client';

interface Manifest {
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
}

/** Returns the option for the CA of a proxy with https. `SSL_CERT_FILE` is only for the registry. */
function proxyOptions({ variables: { https_proxy: proxy, SSL_CERT_FILE: caFile } = {} }: ClientSession): string[] {
  return proxy?.startsWith('https:') && caFile ? ['--proxy-cacert', caFile] : [];
}

/** Sends one request, which must succeed, and returns the body of the response. curl follows no redirect. */
function send(session: ClientSession, url: string, ...options: string[]): Promise<string> {
  const common = ['--silent', '--show-error', '--fail-with-body', ...proxyOptions(session)];
  const command: [string, ...string[]] = [toolPath('curl'), ...common, ...options, url];
  return runCommand(command, { env: clientEnvironment(session) });
}

/** Returns the URL of a path below `/v2/REPOSITORY/`. */
function urlOf({ scheme, host, repository }: ClientSession, rest: string): string {
  return `${scheme}://${host}/v2${repository.slice(host.length)}/${rest}`;
}

async function pushBlob(session: ClientSession, layout: string, { digest }: Descriptor): Promise<void> {
  const start = urlOf(session, 'blobs/uploads/');
  const location = await send(session, start, '--request', 'POST', '--output', '/dev/null', '--write-out', '%header{location}');
  const { href, search } = new URL(location, start);
  const upload = `${href}${search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
  const type = 'Content-Type: application/octet-stream';
  await send(session, upload, '--request', 'PUT', '--header', type, '--data-binary', `@${blobFile(layout, digest)}`);
}

/** Pushes a manifest and everything to which it refers. */
async function pushManifest(session: ClientSession, layout: string, root: Descriptor, name: string): Promise<void> {
  const { config, layers = [], manifests = [] } = JSON.parse(await readFile(blobFile(layout, root.digest), 'utf8')) as Manifest;
  for (const child of manifests) {
    await pushManifest(session, layout, child, child.digest);
  }
  for (const blob of [...(config ? [config] : []), ...layers]) {
    await pushBlob(session, layout, blob);
  }
  const data = ['--header', `Content-Type: ${root.mediaType}`, '--data-binary', `@${blobFile(layout, root.digest)}`];
  await send(session, urlOf(session, `manifests/${name}`), '--request', 'PUT', ...data);
}

async function rootOf(layout: string): Promise<Descriptor> {
  const { manifests } = JSON.parse(await readFile(path.join(layout, 'index.json'), 'utf8')) as { manifests: [Descriptor] };
  return manifests[0];
}

/** Pulls a manifest, and checks the size of its blobs. */
async function pull(session: ClientSession, name: string): Promise<{ digest: string }> {
  const manifest = await send(session, urlOf(session, `manifests/${name}`), '--header', `Accept: ${MEDIA.manifest}`);
  const { config, layers = [] } = JSON.parse(manifest) as Manifest;
  for (const { digest, size } of [...(config ? [config] : []), ...layers]) {
    const file = path.join(session.directory, 'blob');
    await send(session, urlOf(session, `blobs/${digest}`), '--output', file);
    if ((await stat(file)).size !== size) {
      throw new Error(`blob ${digest} has ${(await stat(file)).size} bytes, not ${size}`);
    }
  }
  return { digest: sha256(Buffer.from(manifest)) };
}

/** Plain requests, as scripts send them. They use no login and answer no challenge, so they require the forward proxy. */
export const curlClient: RegistryClient = {
  name: 'curl',
  operations: {
    push: async (session) => {
      const { imageLayout, imageDigest } = session.content;
      await pushManifest(session, imageLayout, await rootOf(imageLayout), 'v1');
      return { digest: imageDigest };
    },
    'pull by tag': (session) => pull(session, 'v1'),
    'pull by digest': (session) => pull(session, session.content.imageDigest),
    'list tags': async (session) => ({ tags: (JSON.parse(await send(session, urlOf(session, 'tags/list'))) as { tags: string[] }).tags }),
    'copy multi-arch': async (session) => {
      const { indexLayout, indexDigest } = session.content;
      const copy = { ...session, repository: `${session.repository}-copy` };
      await pushManifest(copy, indexLayout, await rootOf(indexLayout), 'multi');
      return { digest: indexDigest };
    },
    delete: async (session) => {
      await send(session, urlOf(session, `manifests/${session.content.imageDigest}`), '--request', 'DELETE');
      return {};
    },
  },
};
