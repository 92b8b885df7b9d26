import { readdirSync } from 'node:fs';
import path from 'node:path';
import { yamlBlocks } from '@oci-connector/testing-kit';
import { parseYaml, readDocument } from '../../test/documents';

interface Pod {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
  spec: { serviceAccountName: string };
}

const PODS = 'deploy/examples/pods';
const NAMES = readdirSync(path.join(__dirname, '../../../..', PODS)).map((name) => path.basename(name, '.yaml'));
const PAGES = readdirSync(path.join(__dirname, '../../../../docs/clients')).map((name) => `docs/clients/${name}`);

describe.each(NAMES)('pod %s', (name) => {
  const text = readDocument(`${PODS}/${name}.yaml`);
  const [pod, ...others] = parseYaml(text) as Pod[];
  if (!pod) {
    throw new Error(`${name}.yaml contains no Pod`);
  }
  const { spec } = pod;

  it('is one Pod with the name of the file, in a namespace that may use the Connector', () => {
    expect(others).toEqual([]);
    expect([pod.apiVersion, pod.kind, pod.metadata, spec.serviceAccountName]).toEqual([
      'v1',
      'Pod',
      { name, namespace: 'team-b' },
      'builder',
    ]);
  });

  it('is quoted unchanged on its page', () => {
    expect(yamlBlocks(readDocument(`docs/clients/${name}.md`))).toEqual([text]);
  });
});

it('docs/clients.md lists all clients', () => {
  const index = readDocument('docs/clients.md');
  expect(PAGES.filter((page) => !index.includes(`(${page.slice('docs/'.length)})`))).toEqual([]);
  expect(NAMES.filter((name) => !PAGES.includes(`docs/clients/${name}.md`))).toEqual([]);
});

it('the Pod in docs/volumes.md is the one of crane', () => {
  expect(yamlBlocks(readDocument('docs/volumes.md'))).toEqual([readDocument(`${PODS}/crane.yaml`)]);
});
