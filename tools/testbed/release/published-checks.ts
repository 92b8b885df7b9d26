import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { IMAGES } from '../../images/command-line.mjs';
import { tryCommand } from '../../processes/run-command';
import { expectEqual, expectParts, type Checks } from '../checks';
import { Helm, SYSTEM } from '../cluster/helm';
import { toolPath } from '../toolchain';
import { type ReleaseClone } from './release-clone';

/** A release that was pushed and signed. */
export interface PublishedRelease {
  readonly clone: ReleaseClone;
  readonly version: string;
  readonly registry: string;
  /** Directory of the release in the clone. */
  readonly place: string;
  /** Directory for what is pulled. */
  readonly directory: string;
}

/** Checks what users get: from the registry, and from the files of the release. */
export async function checkPublished(checks: Checks, release: PublishedRelease): Promise<void> {
  const { clone, place, version } = release;
  await checks.check('sha256sum accepts SHA256SUMS, which lists every file', async () => {
    const accepted = await clone.run(['sha256sum', '--check', '--strict', 'SHA256SUMS'], place);
    const names = accepted
      .trim()
      .split('\n')
      .map((line) => line.replace(': OK', ''));
    const images = IMAGES.map((name) => `connectors-${name}.spdx.json`);
    const others = ['base-images.txt', 'crds.yaml', 'digests.txt', 'install.yaml', 'kubectl-connectors', 'kubectl-connectors.LICENSES.txt'];
    expectEqual(names.sort(), [...images, ...others, `oci-connector-${version}.tgz`].sort(), 'files');
  });
  await checks.check('the command of the release says its version', async () =>
    expectParts(await clone.run([process.execPath, 'kubectl-connectors', 'version'], place), [version]),
  );
  await checks.check('the base images are named by their digests', async () =>
    expectEqual(PINNED.test(await clone.read(path.join(place, 'base-images.txt'))), true, 'base-images.txt'),
  );
  await checks.check('the registry has each digest of digests.txt, and an SBOM for each image', () => checkDigests(release));
  await checks.part('chart', () => checkChart(checks, release));
  await checks.check('cosign verifies the checksums, the images and the chart', () => checkSignatures(release));
}

/** The same base images by their digests, which do not move as tags do. */
const PINNED = /^NODE_IMAGE=[^:@]+:\d+\/node@sha256:[0-9a-f]{64}\nBUSYBOX_IMAGE=[^:@]+:\d+\/busybox-static@sha256:[0-9a-f]{64}\n$/;

/** Returns `REPOSITORY:TAG` and the digest of each line of digests.txt. */
async function digestsOf({ clone, place }: PublishedRelease): Promise<(readonly [string, string])[]> {
  const lines = (await clone.read(path.join(place, 'digests.txt'))).trim().split('\n');
  return lines.map((line) => line.split('@') as [string, string]);
}

async function checkDigests(release: PublishedRelease): Promise<void> {
  const { registry, version, clone } = release;
  const digests = await digestsOf(release);
  const expected = [...IMAGES.map((name) => `connectors-${name}`), 'charts/oci-connector'].map((name) => `${registry}/${name}:${version}`);
  expectEqual(
    digests.map(([reference]) => reference),
    expected,
    'references',
  );
  for (const [reference, digest] of digests) {
    expectEqual((await clone.run([toolPath('crane'), 'digest', reference])).trim(), digest, reference);
  }
  for (const [reference] of digests.slice(0, IMAGES.length)) {
    const list = await clone.run([toolPath('oras'), 'discover', '--plain-http', '--format', 'json', reference]);
    expectParts(list, ['application/spdx+json']);
  }
}

interface ChartFile {
  readonly version: string;
  readonly appVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The parts of an object that name images. */
interface Workload {
  readonly spec?: { readonly template?: { readonly spec: { readonly containers: readonly { readonly image: string }[] } } };
}

async function checkChart(checks: Checks, { clone, registry, version, place, directory }: PublishedRelease): Promise<void> {
  const helm = new Helm({ kubeconfig: '/dev/null', directory });
  const chart = `oci://${registry}/charts/oci-connector`;
  const file = path.join(directory, `oci-connector-${version}.tgz`);
  await checks.check('helm pulls the chart of the release from the registry', async () => {
    await helm.run(['pull', chart, '--version', version, '--plain-http', '--destination', directory]);
    const released = await readFile(path.join(clone.directory, place, path.basename(file)));
    expectEqual(released.equals(await readFile(file)), true, 'the same file');
  });
  const annotations = new Map<string, string>();
  await checks.check('Artifact Hub finds its annotations', async () => {
    const metadata = parse(await helm.run(['show', 'chart', file])) as ChartFile;
    expectEqual([metadata.version, metadata.appVersion], [version, version], 'versions');
    Object.entries(metadata.annotations).forEach(([name, value]) => annotations.set(name, value));
    expectEqual([...annotations.keys()].sort(), ANNOTATIONS, 'annotations');
    const changes = parse(annotations.get('artifacthub.io/changes') ?? '') as { kind: string; description: string }[];
    expectEqual(changes.length > 0 && changes.every(({ description }) => !/[*`]/.test(description)), true, 'changes');
  });
  await checks.check('the chart installs without a value, and Artifact Hub knows exactly its images', async () => {
    const rendered = await helm.run([
      'template',
      'oci-connector',
      chart,
      '--version',
      version,
      '--plain-http',
      `--namespace=${SYSTEM}`,
      '--kube-version=1.37.0',
    ]);
    const objects = parseAllDocuments(rendered).map((document) => document.toJS() as Workload | null);
    const used = objects.flatMap((object) => object?.spec?.template?.spec.containers.map(({ image }) => image) ?? []);
    const named = parse(annotations.get('artifacthub.io/images') ?? '') as { image: string }[];
    expectEqual([...new Set(used)].sort(), named.map(({ image }) => image).sort(), 'images');
    expectParts(
      await clone.read(path.join(place, 'install.yaml')),
      named.map(({ image }) => image),
    );
  });
}

const ANNOTATIONS = [
  'category',
  'changes',
  'containsSecurityUpdates',
  'crds',
  'crdsExamples',
  'images',
  'license',
  'links',
  'operator',
  'prerelease',
].map((name) => `artifacthub.io/${name}`);

const OFFLINE = '--insecure-ignore-tlog=true';

async function checkSignatures(release: PublishedRelease): Promise<void> {
  const { clone, place } = release;
  const cosign = toolPath('cosign');
  const blob = ['verify-blob', '--key', 'cosign.pub', OFFLINE, '--bundle', 'SHA256SUMS.sigstore.json'];
  await clone.run([cosign, ...blob, 'SHA256SUMS'], place);
  const { status } = await tryCommand([cosign, ...blob, 'digests.txt'], { cwd: path.join(clone.directory, place) });
  expectEqual(status !== 0, true, 'another file is refused');
  for (const [reference, digest] of await digestsOf(release)) {
    expectParts(await clone.run([cosign, 'verify', '--key', 'cosign.pub', OFFLINE, '--allow-http-registry', reference], place), [digest]);
  }
}
