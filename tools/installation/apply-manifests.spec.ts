import { readFileSync } from 'node:fs';
import path from 'node:path';
import { yamlBlocks } from '@oci-connector/testing';
import { parseManifests } from './apply-manifests';

describe('parseManifests', () => {
  it('reads all documents, and none of empty ones', () => {
    const text = '---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n# nothing\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\n';
    expect(parseManifests(text, 'x.yaml').map(({ object, resource }) => [object.metadata.name, resource.plural])).toEqual([
      ['a', 'namespaces'],
      ['b', 'pods'],
    ]);
  });

  it.each([
    ['a kind that is not applied here', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}', /^x\.yaml: kind Deployment \(apps\/v1\) cannot be applied here; take the object out, or write one of Connector, .*Pod/],
    ['another version of a kind', 'apiVersion: v2\nkind: Secret\nmetadata: {name: x}', /^x\.yaml: apiVersion of a Secret is v1, not v2$/],
    ['no name', 'apiVersion: v1\nkind: Secret\nmetadata: {}', /^x\.yaml: an object needs apiVersion, kind and metadata\.name$/],
    ['a text', 'hello', /^x\.yaml: an object needs/],
    ['no YAML', 'a: [', /^x\.yaml: .*\n?.*at line 1/],
    ['two objects as one', 'kind: A\nkind: B', /put --- between objects/],
  ])('refuses %s', (_what, text, message) => {
    expect(() => parseManifests(text, 'x.yaml')).toThrow(message);
  });

  it('reads the YAML of README.md as one file', () => {
    const readme = readFileSync(path.join(__dirname, '../../README.md'), 'utf8');
    const kinds = parseManifests(yamlBlocks(readme).join(''), 'README.md').map(({ object }) => object.kind);
    expect(kinds).toEqual(['Connector', 'Secret', 'Namespace', 'ServiceAccount', 'RoleBinding', 'Pod']);
  });
});
