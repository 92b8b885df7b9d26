import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { IMAGES } from '../images/command-line.mjs';
import { runCommand } from '../processes/run-command';
import { workspaceRoot } from '../processes/workspace';
import { changesOf } from './changelog';

export interface ChartOptions {
  readonly helm: string;
  readonly version: string;
  /** Time of all files, in seconds since the epoch. */
  readonly epoch: string;
  /** Where the images are, which becomes the default of `image.registry`. */
  readonly registry?: string;
  readonly source?: string;
  readonly platforms: readonly string[];
  /** What the changelog says about the version. */
  readonly section: string;
  /** Where the package is written to. */
  readonly directory: string;
}

/** Packages the chart with the places of the release. @returns the file */
export async function packageChart(options: ChartOptions): Promise<string> {
  const { helm, version, epoch, directory } = options;
  const work = await mkdtemp(path.join(tmpdir(), 'release-'));
  try {
    const chart = path.join(work, 'source');
    await cp(path.join(workspaceRoot, 'deploy/chart'), chart, { recursive: true });
    await describe(chart, options);
    await runCommand([helm, 'package', chart, '--destination', work]);
    const name = `oci-connector-${version}.tgz`;
    await runCommand(['tar', '-C', work, '-xzf', path.join(work, name)]);
    const file = path.join(directory, name);
    await writeArchive(path.join(work, 'oci-connector'), file, epoch);
    return file;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Writes the archive again, because Helm gives its files the current time. */
async function writeArchive(chart: string, file: string, epoch: string): Promise<void> {
  const fixed = ['--sort=name', `--mtime=@${epoch}`, '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX', '--format=gnu'];
  // Without the time of the archive.
  const compress = '--use-compress-program=gzip --no-name --best';
  await runCommand(['tar', ...fixed, compress, '-C', path.dirname(chart), '-cf', file, path.basename(chart)]);
}

/** Adds to Chart.yaml what Artifact Hub shows about this version, and to values.yaml where the images are. */
async function describe(chart: string, options: ChartOptions): Promise<void> {
  const file = path.join(chart, 'Chart.yaml');
  const document = parseDocument(await readFile(file, 'utf8'));
  for (const [name, value] of Object.entries(annotationsOf(options))) {
    document.setIn(['annotations', `artifacthub.io/${name}`], typeof value === 'string' ? value : JSON.stringify(value, undefined, 2));
  }
  if (options.source !== undefined) {
    document.set('home', options.source);
    document.set('sources', [options.source]);
  }
  await writeFile(file, document.toString());
  if (options.registry !== undefined) {
    const values = path.join(chart, 'values.yaml');
    await writeFile(values, (await readFile(values, 'utf8')).replace(/^( {2}registry:) ""$/m, `$1 ${JSON.stringify(options.registry)}`));
  }
}

/** https://artifacthub.io/docs/topics/annotations/helm; those that never change are in deploy/chart/Chart.yaml. */
function annotationsOf({ version, registry, source, platforms, section }: ChartOptions): Record<string, unknown> {
  const changes = changesOf(section);
  const images = IMAGES.map((name) => ({ name: `connectors-${name}`, image: `${registry}/connectors-${name}:${version}`, platforms }));
  return {
    changes,
    prerelease: String(version.includes('-')),
    containsSecurityUpdates: String(changes.some(({ kind }) => kind === 'security')),
    ...(registry === undefined ? {} : { images }),
    ...(source === undefined ? {} : { links: [{ name: 'source', url: source }] }),
  };
}
