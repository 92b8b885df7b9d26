import { formatApiVersion } from './api-object';
import { asObject, isJsonObject, type JsonObject } from './json';
import { METADATA_SCHEMA } from './metadata-rules';
import { type ResourceCatalog } from './resource-catalog';
import { type ResourceDefinition } from './resource-definition';

/**
 * Answers `/openapi/v3` and the documents below it; undefined for other paths. From them, kubectl learns that the server validates
 * fields (parameter `fieldValidation`). `kubectl explain` reads the schemas.
 */
export function answerOpenApi(path: string, catalog: ResourceCatalog): JsonObject | undefined {
  if (path === '/openapi/v3') {
    return index(catalog);
  }
  const found = catalog.groupVersions().find((api) => path === `/openapi/v3/${pathOf(api)}`);
  return found && document(found, catalog);
}

function pathOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

function index(catalog: ResourceCatalog): JsonObject {
  const paths = catalog.groupVersions().map((api) => [pathOf(api), { serverRelativeURL: `/openapi/v3/${pathOf(api)}` }]);
  return { paths: Object.fromEntries(paths) as JsonObject };
}

function document(api: { group: string; version: string }, catalog: ResourceCatalog): JsonObject {
  const definitions = catalog.all().filter(({ group, version }) => group === api.group && version === api.version);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.37.0' },
    paths: Object.fromEntries(definitions.flatMap((definition) => pathItems(definition))),
    components: { schemas: Object.fromEntries(definitions.map((definition) => [schemaName(definition), schema(definition)])) },
  };
}

function schemaName({ group, version, kind }: ResourceDefinition): string {
  const reversed = group === '' ? 'io.k8s.api.core' : group.split('.').reverse().join('.');
  return `${reversed}.${version}.${kind}`;
}

const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string', uniqueItems: true },
}));

function pathItems(definition: ResourceDefinition): [string, JsonObject][] {
  const { group, version, kind, plural, namespaced, createOnly } = definition;
  const base = `/${pathOf(definition)}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}`;
  const answer = {
    '200': {
      description: 'OK',
      content: { 'application/json': { schema: { $ref: `#/components/schemas/${schemaName(definition)}` } } },
    },
  };
  const operation = (action: string): JsonObject => ({
    parameters: WRITE_PARAMETERS,
    responses: answer,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, kind, version },
  });
  const collection: [string, JsonObject] = [base, { post: operation('post') }];
  if (createOnly) {
    return [collection];
  }
  return [collection, [`${base}/{name}`, { get: operation('get'), put: operation('put'), patch: operation('patch') }]];
}

function schema(definition: ResourceDefinition): JsonObject {
  const { group, version, kind } = definition;
  const own = (definition.schema ?? {}) as JsonObject;
  const metadata = { ...METADATA_SCHEMA, description: 'Standard object metadata.' };
  const typeMeta = {
    apiVersion: { type: 'string', description: `${formatApiVersion(definition)}` },
    kind: { type: 'string', description: kind },
  };
  return {
    type: 'object',
    ...(withoutExtensions(own) as JsonObject),
    properties: { ...typeMeta, ...(withoutExtensions(asObject(own['properties'])) as JsonObject), metadata },
    'x-kubernetes-group-version-kind': [{ group, kind, version }],
  };
}

/** Removes the CEL rules, which only the server uses. */
function withoutExtensions(value: unknown): unknown {
  if (Array.isArray(value)) {
    return (value as unknown[]).map(withoutExtensions);
  }
  if (!isJsonObject(value)) {
    return value;
  }
  const entries = Object.entries(value).filter(([name]) => name !== 'x-kubernetes-validations');
  return Object.fromEntries(entries.map(([name, item]) => [name, withoutExtensions(item)]));
}
