import { readFile } from 'node:fs/promises';
import {
  ConnectorClasses,
  Connectors,
  KubeApiError,
  type KubeClient,
  type ResourceType,
  Secrets,
  Services,
  ConfigMaps,
} from '@oci-connector/kube';
import { type KubeObject } from '@oci-connector/connector-api';
import { type Document, type DocumentOptions, parseAllDocuments, type ParseOptions, type SchemaOptions } from 'yaml';

const RBAC = 'rbac.authorization.k8s.io';

const type = (group: string, plural: string, kind: string, namespaced: boolean): ResourceType => ({
  group,
  version: 'v1',
  plural,
  kind,
  namespaced,
});

export const ServiceAccounts = type('', 'serviceaccounts', 'ServiceAccount', true);
export const Namespaces = type('', 'namespaces', 'Namespace', false);
export const CustomResourceDefinitions = type('apiextensions.k8s.io', 'customresourcedefinitions', 'CustomResourceDefinition', false);

/**
 * A field that does not exist is an error, as with kubectl, and not dropped. Only a CSIDriver has a field that older versions of
 * Kubernetes do not know, and may drop.
 */
const validationOf = ({ kind }: KubeObject): { fieldValidation?: 'Strict' } => (kind === 'CSIDriver' ? {} : { fieldValidation: 'Strict' });

const APPLICABLE: readonly ResourceType[] = [
  Connectors,
  ConnectorClasses,
  Secrets,
  ConfigMaps,
  Services,
  ServiceAccounts,
  Namespaces,
  type('', 'pods', 'Pod', true),
  CustomResourceDefinitions,
  type('storage.k8s.io', 'csidrivers', 'CSIDriver', false),
  type(RBAC, 'roles', 'Role', true),
  type(RBAC, 'rolebindings', 'RoleBinding', true),
  type(RBAC, 'clusterroles', 'ClusterRole', false),
  type(RBAC, 'clusterrolebindings', 'ClusterRoleBinding', false),
];

/** The kinds that can be applied. */
export const APPLICABLE_KINDS: readonly string[] = APPLICABLE.map(({ kind }) => kind);

/** An object that can be applied. */
export interface Manifest {
  readonly object: KubeObject;
  readonly resource: ResourceType;
  /** What it was read from, for messages. */
  readonly source: string;
}

/** @throws Error for what is no YAML, no object, or of a kind that cannot be applied here */
export function parseManifests(text: string, source: string): Manifest[] {
  return parseAllDocuments(text, AS_KUBECTL_READS).flatMap((document) =>
    objectsIn(valueOf(document, source), source).map((object) => ({ object, resource: resourceTypeOf(object, source), source })),
  );
}

/**
 * kubectl reads YAML 1.1: 0644 is octal, yes is true, << merges. Dates and base 60 it leaves as text and numbers (the resolver of
 * sigs.k8s.io/yaml).
 */
const AS_KUBECTL_READS: ParseOptions & DocumentOptions & SchemaOptions = {
  version: '1.1',
  customTags: (tags) =>
    tags.filter((tag) => typeof tag === 'string' || !(tag.tag === 'tag:yaml.org,2002:timestamp' || tag.format === 'TIME')),
};

function valueOf(document: Document.Parsed, source: string): unknown {
  const [problem] = document.errors;
  if (problem) {
    const [line = ''] = problem.message.split('\n', 1);
    throw new Error(`${source}: ${line.replace(/:$/, '')}${problem.code === 'DUPLICATE_KEY' ? '; put --- between objects' : ''}`);
  }
  try {
    return document.toJS();
  } catch (error) {
    // Aliases that would grow without end, or that name nothing.
    throw new Error(`${source}: ${(error as Error).message}`, { cause: error });
  }
}

/** A List stands for its items, as with kubectl. */
function objectsIn(value: unknown, source: string): KubeObject[] {
  if (value === null) {
    return [];
  }
  const { kind, items } = value as { kind?: unknown; items?: unknown };
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)) {
    return items.flatMap((item) => objectsIn(item, source));
  }
  return [requireObject(value, source)];
}

/** Creates what is missing and patches what is there, one after the other, like `kubectl apply`. */
export async function applyManifests(client: KubeClient, manifests: readonly Manifest[]): Promise<KubeObject[]> {
  const applied: KubeObject[] = [];
  for (const manifest of manifests) {
    applied.push(await applyObject(client, manifest));
  }
  return applied;
}

/** {@link applyManifests} of a text. */
export function applyManifest(client: KubeClient, text: string, source: string): Promise<KubeObject[]> {
  return applyManifests(client, parseManifests(text, source));
}

/** {@link applyManifests} of a file. */
export async function applyFile(client: KubeClient, file: string): Promise<KubeObject[]> {
  return applyManifest(client, await readFile(file, 'utf8'), file);
}

function requireObject(value: unknown, source: string): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = value as Partial<KubeObject>;
  if (!apiVersion || !kind || !metadata?.name) {
    throw new Error(`${source}: an object needs apiVersion, kind and metadata.name`);
  }
  return { ...rest, apiVersion, kind, metadata };
}

async function applyObject(client: KubeClient, { object, resource, source }: Manifest): Promise<KubeObject> {
  const { name } = object.metadata;
  const namespace = resource.namespaced ? (object.metadata.namespace ?? 'default') : undefined;
  const key = { namespace, name };
  try {
    const existing = await client.find(resource, key);
    if (existing) {
      return await client.patch(resource, key, object, validationOf(object));
    }
    return await client.create(resource, { ...object, metadata: { ...object.metadata, namespace } }, validationOf(object));
  } catch (error) {
    const problem = error instanceof KubeApiError ? error.statement : (error as Error).message;
    throw new Error(`${source}: ${object.kind} ${name}: ${problem}`, { cause: error });
  }
}

function resourceTypeOf({ apiVersion, kind }: KubeObject, source: string): ResourceType {
  const found = APPLICABLE.find((candidate) => candidate.kind === kind);
  if (!found) {
    throw new Error(
      `${source}: kind ${kind} (${apiVersion}) cannot be applied here; take the object out, or write one of ${APPLICABLE_KINDS.join(', ')}`,
    );
  }
  const expected = found.group ? `${found.group}/${found.version}` : found.version;
  if (apiVersion !== expected) {
    throw new Error(`${source}: apiVersion of a ${kind} is ${expected}, not ${apiVersion}`);
  }
  return found;
}
