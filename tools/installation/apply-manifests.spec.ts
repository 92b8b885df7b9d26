import { readFileSync } from 'node:fs';
import path from 'node:path';
import { yamlBlocks } from '@oci-connector/testing-kit';
import { parseManifests } from './apply-manifests';

const LIST = `apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: SecretList, items: [{apiVersion: v1, kind: Secret, metadata: {name: a}}]}
  - {apiVersion: v1, kind: Secret, metadata: {name: b}}
`;

/** Returns YAML in which each line refers to the previous one ten times. */
function bomb(): string {
  const lines = ['a0: &a0 [x]'];
  for (let depth = 1; depth < 9; depth += 1) {
    lines.push(
      `a${depth}: &a${depth} [${Array(10)
        .fill(`*a${depth - 1}`)
        .join(', ')}]`,
    );
  }
  return lines.join('\n');
}

describe('parseManifests', () => {
  it('parses all documents, and ignores empty ones', () => {
    const text =
      '---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n# nothing\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\n';
    expect(parseManifests(text, 'x.yaml').map(({ object, resource }) => [object.metadata.name, resource.plural])).toEqual([
      ['a', 'namespaces'],
      ['b', 'pods'],
    ]);
  });

  it.each([
    [
      'a kind that is not supported',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}',
      /^x\.yaml: kind Deployment \(apps\/v1\) is not supported here; remove the object, or use one of Connector, .*Pod/,
    ],
    [
      'another version of a kind',
      'apiVersion: v2\nkind: Secret\nmetadata: {name: x}',
      /^x\.yaml: the apiVersion of a Secret must be v1, not v2$/,
    ],
    ['no name', 'apiVersion: v1\nkind: Secret\nmetadata: {}', /^x\.yaml: an object needs apiVersion, kind and metadata\.name$/],
    ['plain text', 'hello', /^x\.yaml: an object needs/],
    ['invalid YAML', 'a: [', /^x\.yaml: .*at line 1, column \d+$/],
    ['two objects without a separator', 'kind: A\nkind: B', /^x\.yaml: .*at line 2, column 1; put --- between objects$/],
    [
      'indentation with tabs',
      'kind: Secret\nmetadata:\n\tname: x',
      /^x\.yaml: not valid YAML or JSON: Tabs are not allowed as indentation at line 3, column 1$/,
    ],
    ['an alias without an anchor', 'kind: Secret\nmetadata: *m', /^x\.yaml: .*\bm\b[^\n]*$/],
    ['aliases that expand exponentially', bomb(), /^x\.yaml: not valid YAML or JSON: Excessive alias count[^\n]*$/],
    [
      'an unsupported object in a List',
      'apiVersion: v1\nkind: List\nitems: [{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}}]',
      /^x\.yaml: kind Deployment/,
    ],
  ])('refuses %s', (_what, text, message) => {
    expect(() => parseManifests(text, 'x.yaml')).toThrow(message);
  });

  it.each<[string, string, object[]]>([
    ['a List, also of one kind, and a List in a List', LIST, [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }]],
    [
      'JSON that is indented with tabs',
      '{\n\t"apiVersion": "v1",\n\t"kind": "Secret",\n\t"metadata": {\n\t\t"name": "a"\n\t}\n}\n',
      [{ metadata: { name: 'a' } }],
    ],
    [
      'a byte order mark and Windows line endings',
      '\ufeffapiVersion: v1\r\nkind: Secret\r\nmetadata:\r\n  name: a\r\n---\r\n# nothing\r\n',
      [{ kind: 'Secret', metadata: { name: 'a' } }],
    ],
    [
      'anchors and merges',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: &l {x: a}, annotations: {<<: *l, z: w}}',
      [{ metadata: { annotations: { x: 'a', z: 'w' } } }],
    ],
    [
      'octal numbers, yes and dates as kubectl does',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {mode: 0644, on: yes, when: 2026-11-29, clock: 12:30}',
      [{ data: { mode: 420, true: true, when: '2026-11-29', clock: '12:30' } }],
    ],
    ['nothing from an empty text', '', []],
  ])('parses %s', (_what, text, objects) => {
    expect(parseManifests(text, 'x.yaml').map(({ object }) => object)).toMatchObject(objects);
    expect(parseManifests(text, 'x.yaml')).toHaveLength(objects.length);
  });

  it('parses the YAML of README.md as one file', () => {
    const readme = readFileSync(path.join(__dirname, '../../README.md'), 'utf8');
    const kinds = parseManifests(yamlBlocks(readme).join(''), 'README.md').map(({ object }) => object.kind);
    expect(kinds).toEqual(['Connector', 'Secret', 'Namespace', 'ServiceAccount', 'RoleBinding', 'Pod']);
  });
});
