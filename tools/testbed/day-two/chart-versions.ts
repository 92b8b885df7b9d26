import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { VERSION } from '@oci-connector/runtime';
import { CHART } from '../cluster/helm';

/** A version of the chart that this workspace does not have. */
export interface ChartVersion {
  readonly version: string;
  readonly directory: string;
  /** Its CRDs. */
  readonly crds: readonly string[];
}

export const CRDS = ['connectors', 'connectorclasses'] as const;

/** A column of `kubectl get connectors` that the earlier version does not have. */
const COLUMN = /\n {8}- name: Reason\n(?: {10}.*\n)+/;

/** A field that the later version adds. */
export const LATER_FIELD = 'later';

/** The place of a new field in the CRD of Connectors: before this one. */
const FIRST_FIELD = '\n                connectorClassName:\n';

/**
 * Writes the chart as an earlier version had it: without a column of the CRD, and without the Job that updates CRDs. There is no released
 * version yet, so the images are those of this version under another tag.
 */
export function earlierChart(directory: string): Promise<ChartVersion> {
  return writeChart(directory, '0.0.9', (crd) => crd.replace(COLUMN, '\n'));
}

/** Writes the chart as the next minor version may have it: with another field of Connectors. */
export function laterChart(directory: string): Promise<ChartVersion> {
  const [major, minor] = VERSION.split('.').map(Number);
  const field = `\n                ${LATER_FIELD}:\n                  type: string`;
  return writeChart(directory, `${major}.${(minor ?? 0) + 1}.0`, (crd) => crd.replace(FIRST_FIELD, `${field}${FIRST_FIELD}`));
}

async function writeChart(parent: string, version: string, change: (crd: string) => string): Promise<ChartVersion> {
  const directory = path.join(parent, `chart-${version}`);
  await cp(CHART, directory, { recursive: true });
  // The images of another version would have other CRDs.
  await rm(path.join(directory, 'templates/hooks/crds.yaml'));
  const crds: string[] = [];
  for (const name of CRDS) {
    const text = await edit(path.join(directory, 'crds', `${name}.yaml`), (crd) => change(withVersion(crd, version)));
    crds.push(text);
  }
  await edit(path.join(directory, 'Chart.yaml'), (text) => withVersion(text, version));
  return { version, directory, crds };
}

async function edit(file: string, change: (text: string) => string): Promise<string> {
  const before = await readFile(file, 'utf8');
  const after = change(before);
  if (after === before) {
    throw new Error(`${file} has changed: the version of the chart that it should become cannot be made`);
  }
  await writeFile(file, after);
  return after;
}

function withVersion(text: string, version: string): string {
  return text.replaceAll(VERSION, version);
}
