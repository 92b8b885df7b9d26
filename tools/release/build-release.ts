import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { buildImages } from '../images/build-images';
import { IMAGES } from '../images/command-line.mjs';
import { labelsOf } from '../images/labels';
import { readCommit } from '../images/commit';
import { isoTime } from '../images/sbom';
import { step } from '../processes/progress';
import { runCommand } from '../processes/run-command';
import { workspaceRoot } from '../processes/workspace';
import { sectionOf } from './changelog';
import { type ReleaseLine } from './command-line.mjs';
import { renderInstallManifest } from './install-manifest';
import { packageChart } from './package-chart';
import { pinBases, type Bases } from './pin-bases';
import { type Tools } from './release-tools';

/** An image or a chart of the release, in its OCI layout. */
export interface Published {
  /** Name and tag in the layout, to which the registry is added: `connectors-proxy:0.2.0`. */
  readonly name: string;
  readonly digest: string;
}

export interface BuiltRelease {
  readonly directory: string;
  /** OCI layout with everything that can be pushed. */
  readonly layout: string;
  readonly published: readonly Published[];
}

/** The directory of a release. */
export const releaseDirectory = (version: string): string => path.join('dist', 'release', version);

/** The repository of the chart, below the registry. */
export const CHART_REPOSITORY = 'charts/oci-connector';

const CRDS = 'crds.yaml';
const SUMS = 'SHA256SUMS';

/** Writes everything that a release consists of. */
export async function buildRelease(line: ReleaseLine, tools: Tools, env: NodeJS.ProcessEnv): Promise<BuiltRelease> {
  const commit = await readCommit(env['SOURCE_DATE_EPOCH']);
  const { epoch } = commit;
  const directory = path.join(workspaceRoot, releaseDirectory(line.version));
  const layout = path.join(directory, 'oci');
  await rm(directory, { recursive: true, force: true });
  await mkdir(layout, { recursive: true });
  const bases = await step('finding the digests of the base images', () => pinBases(line, tools));
  const images = await buildImages({
    ...line,
    ...tools,
    names: IMAGES,
    registry: line.registry ?? 'localhost',
    tag: line.version,
    buildArgs: { ...bases },
    labels: labelsOf(commit, line.source),
    epoch,
    layout,
    sbom: true,
    env,
  });
  const chart = await step('packaging the chart', () => chartOf(line, tools, { epoch, directory }));
  const published = [
    ...images.map(({ name, digest = '' }) => ({ name: `connectors-${name}:${line.version}`, digest })),
    await addChart({ chart, layout, epoch }, tools),
  ];
  await addRepositoryMetadata({ layout, epoch }, tools);
  await writeFiles({ ...line, directory, chart, published, bases }, tools);
  await writeSums(directory);
  return { directory, layout, published };
}

async function chartOf(line: ReleaseLine, tools: Tools, place: { epoch: string; directory: string }): Promise<string> {
  const section = sectionOf(await readFile(path.join(workspaceRoot, 'CHANGELOG.md'), 'utf8'), line.version) ?? '';
  return packageChart({ ...line, ...tools, ...place, section });
}

interface LayoutPlace {
  readonly layout: string;
  readonly epoch: string;
}

/** Adds the chart to the layout, as `helm push` would push it. */
async function addChart({ chart, layout, epoch }: LayoutPlace & { readonly chart: string }, tools: Tools): Promise<Published> {
  const metadata = parse(await runCommand([tools.helm, 'show', 'chart', chart])) as Record<string, string>;
  const { version = '', description = '' } = metadata;
  const config = path.join(path.dirname(chart), 'config.json');
  await writeFile(config, JSON.stringify(metadata));
  const annotations = { created: isoTime(epoch), title: 'oci-connector', version, description };
  const name = `${CHART_REPOSITORY}:${version}`;
  const command = [
    ...Object.entries(annotations).flatMap(([key, value]) => ['--annotation', `org.opencontainers.image.${key}=${value}`]),
    ...['--config', 'config.json:application/vnd.cncf.helm.config.v1+json', '--format', 'go-template={{.digest}}'],
    ...['--oci-layout-path', layout, name, `${path.basename(chart)}:application/vnd.cncf.helm.chart.content.v1.tar+gzip`],
  ];
  const digest = await runCommand([tools.oras, 'push', ...command], { cwd: path.dirname(chart) });
  await rm(config);
  return { name, digest: digest.trim() };
}

/** The tag at which Artifact Hub looks for artifacthub-repo.yml. */
export const REPOSITORY_METADATA = `${CHART_REPOSITORY}:artifacthub.io`;

async function addRepositoryMetadata({ layout, epoch }: LayoutPlace, { oras }: Tools): Promise<void> {
  const media = 'application/vnd.cncf.artifacthub';
  const command = [
    ...['--config', `/dev/null:${media}.config.v1+yaml`, '--annotation', `org.opencontainers.image.created=${isoTime(epoch)}`],
    ...['--disable-path-validation', '--oci-layout-path', layout, REPOSITORY_METADATA],
    `artifacthub-repo.yml:${media}.repository-metadata.layer.v1.yaml`,
  ];
  await runCommand([oras, 'push', ...command], { cwd: path.join(workspaceRoot, 'deploy') });
}

interface Files extends ReleaseLine {
  readonly directory: string;
  readonly chart: string;
  readonly published: readonly Published[];
  readonly bases: Bases;
}

async function writeFiles({ directory, chart, registry, published, bases }: Files, { helm }: Tools): Promise<void> {
  const crds = path.join(workspaceRoot, 'deploy/chart/crds');
  const definitions = (await readdir(crds)).sort().map((file) => readFile(path.join(crds, file), 'utf8'));
  await writeFile(path.join(directory, CRDS), (await Promise.all(definitions)).join('---\n'));
  await writeFile(path.join(directory, 'install.yaml'), await renderInstallManifest(helm, { chart, registry, crds: CRDS }));
  const command = path.join(workspaceRoot, 'dist/connectors');
  await cp(path.join(command, 'connectors.js'), path.join(directory, 'kubectl-connectors'));
  await cp(path.join(command, 'LICENSES.txt'), path.join(directory, 'kubectl-connectors.LICENSES.txt'));
  for (const name of IMAGES) {
    const sbom = `connectors-${name}.spdx.json`;
    await cp(path.join(workspaceRoot, 'dist/images', sbom), path.join(directory, sbom));
  }
  const baseLines = Object.entries(bases).map(([argument, image]) => `${argument}=${image}\n`);
  await writeFile(path.join(directory, 'base-images.txt'), baseLines.join(''));
  const prefix = registry === undefined ? '' : `${registry}/`;
  await writeFile(path.join(directory, 'digests.txt'), published.map(({ name, digest }) => `${prefix}${name}@${digest}\n`).join(''));
}

/** Writes the checksums of all files, as sha256sum(1) reads them. The layout is known by the digests in digests.txt. */
async function writeSums(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort();
  const lines = names.map(async (name) => {
    const hash = createHash('sha256').update(await readFile(path.join(directory, name)));
    return `${hash.digest('hex')}  ${name}\n`;
  });
  await writeFile(path.join(directory, SUMS), (await Promise.all(lines)).join(''));
}
