import { step } from '../processes/progress';
import { runCommand } from '../processes/run-command';
import { REPOSITORY_METADATA, type BuiltRelease } from './build-release';
import { type ReleaseLine } from './command-line.mjs';
import { type Tools } from './release-tools';

const HALF_AN_HOUR = 30 * 60_000;

/** Copies the layout to the registry: the images with their SBOMs, the chart, and its metadata for Artifact Hub. */
export async function pushRelease({ layout, published }: BuiltRelease, line: ReleaseLine, { oras }: Tools): Promise<void> {
  const tls = line.plainHttp ? ['--to-plain-http'] : [];
  for (const name of [...published.map((item) => item.name), REPOSITORY_METADATA]) {
    const target = `${line.registry}/${name}`;
    await step(`pushing ${target}`, () =>
      runCommand([oras, 'cp', '--recursive', '--from-oci-layout-path', layout, name, ...tls, target], { timeout: HALF_AN_HOUR }),
    );
  }
}

/** No entry in the public transparency log, which would need a connection to it, and would publish the names of a private registry. */
const PRIVATE = ['--yes', '--use-signing-config=false', '--tlog-upload=false'];

/** Signs the checksums, and what was pushed. cosign reads the password of the key from COSIGN_PASSWORD. */
export async function signRelease({ directory, published }: BuiltRelease, line: ReleaseLine, tools: Tools): Promise<void> {
  const cosign = (...args: string[]): Promise<string> => runCommand([tools.cosign, ...args], { cwd: directory });
  const key = ['--key', line.signKey ?? ''];
  await step('signing SHA256SUMS', () => cosign('sign-blob', ...key, ...PRIVATE, '--bundle', 'SHA256SUMS.sigstore.json', 'SHA256SUMS'));
  await cosign('public-key', ...key, '--outfile', 'cosign.pub');
  const tls = line.plainHttp ? ['--allow-http-registry'] : [];
  for (const { name, digest } of line.push ? published : []) {
    const subject = `${line.registry}/${name.replace(/:[^:]*$/, '')}@${digest}`;
    await step(`signing ${subject}`, () => cosign('sign', ...key, ...PRIVATE, ...tls, subject));
  }
}
