import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { workspaceRoot } from '../../processes/workspace';

const FILE = path.join(workspaceRoot, 'tools/testbed/manifests/ci-systems.yaml');

/** A kind of objects of a CI system, as in ci-systems.yaml. */
interface CiKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly spec: Shape;
}

/** `string`, `boolean`, `map` (of strings) or `any`, with `!` if required; or an object or a list of them. */
type Shape = string | readonly Shape[] | { readonly [field: string]: Shape };

const ANY = { 'x-kubernetes-preserve-unknown-fields': true };

/** Returns CRDs with the fields that the documentation uses, so that an API server refuses all others. */
export function ciSystemCrds(text = readFileSync(FILE, 'utf8')): object[] {
  return (parse(text) as CiKind[]).map(({ group, version, kind, plural, spec }) => {
    const openAPIV3Schema = { type: 'object', required: ['spec'], properties: { spec: schemaOf(spec) } };
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind, plural, listKind: `${kind}List` },
        versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
      },
    };
  });
}

function schemaOf(shape: Shape): object {
  if (typeof shape === 'string') {
    return schemaOfName(shape.replace('!', ''));
  }
  if (Array.isArray(shape)) {
    return { type: 'array', items: schemaOf((shape as readonly Shape[])[0] ?? 'any') };
  }
  const fields = Object.entries(shape);
  const required = fields.filter(([, field]) => typeof field === 'string' && field.endsWith('!')).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(([name, field]) => [name, schemaOf(field)])),
    ...(required.length > 0 && { required }),
  };
}

function schemaOfName(name: string): object {
  if (name === 'any') {
    return ANY;
  }
  return name === 'map' ? { type: 'object', additionalProperties: { type: 'string' } } : { type: name };
}
