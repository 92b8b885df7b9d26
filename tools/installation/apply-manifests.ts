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
 * Returns how the API server validates fields. As with kubectl, an unknown field is an error. Only a CSIDriver has a field that older
 * versions of Kubernetes do not know and may drop.
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
  /** The source of the object, for messages. */
  readonly source: string;
}

/**
 * Parses manifests.
 *
 * @throws Error when the text is not YAML, or contains something that is not an object of a supported kind
 */
export function parseManifests(text: string, source: string): Manifest[] {
  return parseAllDocuments(text, AS_KUBECTL_READS).flatMap((document) =>
    objectsIn(valueOf(document, source), source).map((object) => ({ object, resource: resourceTypeOf(object, source), source })),
  );
}

/**
 * Options that parse YAML as kubectl does: YAML 1.1, in which 0644 is octal, yes is true, and << merges. Dates stay text, and base-60
 * numbers are not converted (the resolver of sigs.k8s.io/yaml).
 */
export const AS_KUBECTL_READS: ParseOptions & DocumentOptions & SchemaOptions = {
  version: '1.1',
  customTags: (tags) =>
    tags.filter((tag) => typeof tag === 'string' || !(tag.tag === 'tag:yaml.org,2002:timestamp' || tag.format === 'TIME')),
};

function valueOf(document: Document.Parsed, source: string): unknown {
  const [problem] = document.errors;
  if (problem) {
    const [line = ''] = problem.message.split('\n', 1);
    throw new Error(
      `${source}: not valid YAML or JSON: ${line.replace(/:$/, '')}${problem.code === 'DUPLICATE_KEY' ? '; put --- between objects' : ''}`,
    );
  }
  try {
    return document.toJS();
  } catch (error) {
    // Aliases that expand exponentially, or that have no anchor.
    throw new Error(`${source}: not valid YAML or JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** Returns the objects of a document. Like kubectl, it replaces a List by its items. */
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

/** An object was not applied. The message names its source, kind and name; `cause` is the error of the call. */
export class ApplyError extends Error {
  override readonly name = 'ApplyError';
}

/** Creates missing objects and patches existing ones, one after the other, like `kubectl apply`. */
export async function applyManifests(client: KubeClient, manifests: readonly Manifest[]): Promise<KubeObject[]> {
  const applied: KubeObject[] = [];
  for (const manifest of manifests) {
    applied.push(await applyObject(client, manifest));
  }
  return applied;
}

/** Calls {@link applyManifests} for a text. */
export function applyManifest(client: KubeClient, text: string, source: string): Promise<KubeObject[]> {
  return applyManifests(client, parseManifests(text, source));
}

/** Calls {@link applyManifests} for a file. */
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
    throw new ApplyError(`${source}: ${object.kind} ${name}: ${problem}`, { cause: error });
  }
}

function resourceTypeOf({ apiVersion, kind }: KubeObject, source: string): ResourceType {
  const found = APPLICABLE.find((candidate) => candidate.kind === kind);
  if (!found) {
    throw new Error(
      `${source}: kind ${kind} (${apiVersion}) is not supported here; remove the object, or use one of ${APPLICABLE_KINDS.join(', ')}`,
    );
  }
  const expected = found.group ? `${found.group}/${found.version}` : found.version;
  if (apiVersion !== expected) {
    throw new Error(`${source}: the apiVersion of a ${kind} must be ${expected}, not ${apiVersion}`);
  }
  return found;
}
