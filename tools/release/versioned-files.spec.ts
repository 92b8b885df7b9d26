import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { workspaceRoot } from '../processes/workspace';

const read = (file: string): string => readFileSync(path.join(workspaceRoot, file), 'utf8');

interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly names: { readonly kind: string }; readonly versions: readonly { readonly name: string }[] };
}

interface Chart {
  readonly version: string;
  readonly appVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const CHART = parse(read('deploy/chart/Chart.yaml')) as Chart;

it('the chart and package-lock.json have the version of package.json', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const lock = JSON.parse(read('package-lock.json')) as { version: string; packages: Record<string, { version: string }> };
  expect([CHART.version, CHART.appVersion, lock.version, lock.packages['']?.version]).toEqual([version, version, version, version]);
});

it('Artifact Hub shows exactly the CRDs of the chart', () => {
  const shown = parse(CHART.annotations['artifacthub.io/crds'] ?? '') as { kind: string; name: string; version: string }[];
  const crds = ['connectors', 'connectorclasses'].map((name) => parse(read(`deploy/chart/crds/${name}.yaml`)) as Crd);
  expect(shown.map(({ kind, name, version }) => [kind, name, version])).toEqual(
    crds.map(({ metadata, spec }) => [spec.names.kind, metadata.name, spec.versions[0]?.name]),
  );
});

it('artifacthub-repo.yml has only fields that Artifact Hub reads', () => {
  const known = ['repositoryID', 'owners', 'ignore'];
  expect(Object.keys(parse(read('deploy/artifacthub-repo.yml')) as object).filter((field) => !known.includes(field))).toEqual([]);
});
