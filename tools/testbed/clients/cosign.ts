import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand, tryCommand } from '../../processes/run-command';
import { toolPath } from '../toolchain';
import { portedRepositoryOf } from './crane';
import { clientEnvironment, digestIn, type ClientSession, type RegistryClient } from './registry-client';

/** Options with which cosign asks no service of Sigstore: neither a transparency log nor a list of services. */
const SIGN_OFFLINE = ['--yes', '--use-signing-config=false', '--tlog-upload=false'];
const VERIFY_OFFLINE = ['--insecure-ignore-tlog=true'];

type Cosign = readonly [string, ...string[]];

const commandOf = (session: ClientSession, args: readonly string[]): Cosign => {
  const plain = session.scheme === 'http' ? ['--allow-http-registry'] : [];
  return [toolPath('cosign'), ...args, ...plain];
};

const settingsOf = (session: ClientSession): { cwd: string; env: NodeJS.ProcessEnv } => ({
  cwd: session.directory,
  env: clientEnvironment(session, { COSIGN_PASSWORD: 'of the key of this run' }),
});

function run(session: ClientSession, ...args: string[]): Promise<string> {
  return runCommand(commandOf(session, args), settingsOf(session));
}

/** Makes a pair of keys: NAME.key and NAME.pub. */
async function makeKeys(session: ClientSession, name: string): Promise<void> {
  await runCommand([toolPath('cosign'), 'generate-key-pair', '--output-key-prefix', name], settingsOf(session));
}

/** Pushes a layout. cosign reads only layouts that name the kind of their content. */
async function load(session: ClientSession, layout: string, { kind, reference }: { kind: string; reference: string }): Promise<void> {
  const copy = path.join(session.directory, kind);
  await cp(layout, copy, { recursive: true });
  const index = path.join(copy, 'index.json');
  const content = JSON.parse(await readFile(index, 'utf8')) as { manifests: { annotations?: Record<string, string> }[] };
  const manifests = content.manifests.map((manifest) => ({ ...manifest, annotations: { kind: `dev.cosignproject.cosign/${kind}` } }));
  await writeFile(index, JSON.stringify({ ...content, manifests }));
  await run(session, 'load', '--dir', copy, reference);
}

/**
 * Verifies the signature, and that another key verifies nothing.
 *
 * @returns the digest that the signature names
 */
async function verify(session: ClientSession, reference: string): Promise<{ digest: string }> {
  const args = (key: string): string[] => ['verify', '--key', key, ...VERIFY_OFFLINE, reference];
  const digest = digestIn(await run(session, ...args('signer.pub')));
  const { status, stderr } = await tryCommand(commandOf(session, args('other.pub')), settingsOf(session));
  if (status === 0 || !/accepted signatures do not match threshold/.test(stderr)) {
    throw new Error(`verified with the key of another signer, or failed for another reason: status ${status}: ${stderr}`);
  }
  return { digest };
}

/**
 * The client cosign. It signs what it has pushed with a key of its own, and attaches the signature to the image; so it pulls the list of
 * referrers, or the tag that replaces it, before it verifies.
 */
export const cosignClient: RegistryClient = {
  name: 'cosign',
  operations: {
    push: async (session) => {
      const repository = portedRepositoryOf(session);
      await load(session, session.content.imageLayout, { kind: 'image', reference: `${repository}:v1` });
      await makeKeys(session, 'signer');
      await makeKeys(session, 'other');
      await run(session, 'sign', '--key', 'signer.key', ...SIGN_OFFLINE, `${repository}@${session.content.imageDigest}`);
      return { digest: session.content.imageDigest };
    },
    'pull by tag': (session) => verify(session, `${portedRepositoryOf(session)}:v1`),
    'pull by digest': (session) => verify(session, `${portedRepositoryOf(session)}@${session.content.imageDigest}`),
    'copy multi-arch': async (session) => {
      const [source, target] = [`${portedRepositoryOf(session)}:multi`, `${portedRepositoryOf(session)}-copy:multi`];
      await load(session, session.content.indexLayout, { kind: 'imageIndex', reference: source });
      await run(session, 'save', '--dir', 'saved', source);
      await run(session, 'load', '--dir', 'saved', target);
      return { digest: digestIn(await readFile(path.join(session.directory, 'saved', 'index.json'), 'utf8')) };
    },
  },
};
