import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { ciSystemCrds } from './ci-systems';
import { documentedObjects } from './documented-objects';

interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: object } }[];
  };
}

describe('ciSystemCrds', () => {
  it('makes a schema of the short form', () => {
    const spec = '{ a: string!, b: [{ c: boolean, d: map }], e: any, f: { g: string } }';
    const [crd] = ciSystemCrds(`[{ group: ci.example, version: v1, kind: Task, plural: tasks, spec: ${spec} }]`) as Crd[];
    expect(crd?.spec.versions[0]?.schema.openAPIV3Schema).toEqual({
      type: 'object',
      required: ['spec'],
      properties: {
        spec: {
          type: 'object',
          required: ['a'],
          properties: {
            a: { type: 'string' },
            b: {
              type: 'array',
              items: {
                type: 'object',
                properties: { c: { type: 'boolean' }, d: { type: 'object', additionalProperties: { type: 'string' } } },
              },
            },
            e: { 'x-kubernetes-preserve-unknown-fields': true },
            f: { type: 'object', properties: { g: { type: 'string' } } },
          },
        },
      },
    });
  });

  it('has exactly the kinds of docs/ci that are not Kubernetes’ own, each with a source of one version', () => {
    const crds = (ciSystemCrds() as Crd[]).map(({ spec }) => `${spec.group}/${spec.versions[0]?.name} ${spec.names.kind}`);
    const used = documentedObjects()
      .filter(({ page }) => page.startsWith('docs/ci/'))
      .flatMap(({ objects }) => objects.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))
      .filter((kind) => kind.includes('/') && !kind.includes('.k8s.io/'));
    expect([...new Set(used)].sort()).toEqual(crds.sort());
    const sources = parse(readFileSync(path.join(__dirname, 'ci-systems.yaml'), 'utf8')) as { source: string }[];
    expect(sources.filter(({ source }) => !/^https:\/\/github\.com\/[\w./-]+\/blob\/v\d+\.\d+\.\d+\/[\w./-]+\.yaml$/.test(source))).toEqual(
      [],
    );
  });
});
