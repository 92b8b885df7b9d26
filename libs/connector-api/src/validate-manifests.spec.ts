import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { type FieldProblem, formatProblem } from './field-problem';
import { validateConnector, validateConnectorClass } from './validate';

interface ManifestCase {
  name: string;
  metadata?: object;
  spec: object;
  problems?: string[];
}

const directory = path.join(__dirname, '..', 'test', 'manifests');

function casesOf(file: string): ManifestCase[] {
  return parse(readFileSync(path.join(directory, file), 'utf8')) as ManifestCase[];
}

const kinds: [kind: string, file: string, validate: (value: unknown) => FieldProblem[]][] = [
  ['Connector', 'connectors.yaml', validateConnector],
  ['ConnectorClass', 'connectorclasses.yaml', validateConnectorClass],
];

describe.each(kinds)('%s', (kind, file, validate) => {
  it.each(casesOf(file).map((item) => [item.name, item] as const))('%s', (_name, { metadata, spec, problems = [] }) => {
    const object = {
      apiVersion: 'connectors.alauda.io/v1alpha1',
      kind,
      metadata: { name: 'case', ...metadata },
      spec,
    };
    expect(validate(object).map(formatProblem).sort()).toEqual([...problems].sort());
  });
});
