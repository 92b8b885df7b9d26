import { readFile } from 'node:fs/promises';
import { ConnectorClasses, Connectors, type KubeClient, type ResourceType, Secrets, Services, ConfigMaps } from '@oci-connector/kube';
import { type KubeObject } from '@oci-connector/connector-api';
import { parseAllDocuments } from 'yaml';

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
  CustomResourceDefinitions,
  type('storage.k8s.io', 'csidrivers', 'CSIDriver', false),
  type(RBAC, 'roles', 'Role', true),
  type(RBAC, 'rolebindings', 'RoleBinding', true),
  type(RBAC, 'clusterroles', 'ClusterRole', false),
  type(RBAC, 'clusterrolebindings', 'ClusterRoleBinding', false),
];

/** Creates what is missing and patches what is there, document by document, like `kubectl apply`. */
export async function applyManifest(client: KubeClient, text: string, source: string): Promise<KubeObject[]> {
  const applied: KubeObject[] = [];
  for (const document of parseAllDocuments(text)) {
    const [problem] = document.errors;
    if (problem) throw new Error(`${source}: ${problem.message}`);
    const object = document.toJS() as KubeObject | null;
    if (object) applied.push(await applyObject(client, requireObject(object, source), source));
  }
  return applied;
}

function requireObject(object: Partial<KubeObject>, source: string): KubeObject {
  const { apiVersion, kind, metadata } = object;
  if (!apiVersion || !kind || !metadata?.name) throw new Error(`${source}: an object needs apiVersion, kind and metadata.name`);
  return { ...object, apiVersion, kind, metadata };
}

/** {@link applyManifest} of a file. */
export async function applyFile(client: KubeClient, file: string): Promise<KubeObject[]> {
  return applyManifest(client, await readFile(file, 'utf8'), file);
}

async function applyObject(client: KubeClient, object: KubeObject, source: string): Promise<KubeObject> {
  const resource = resourceTypeOf(object, source);
  const { name } = object.metadata;
  const namespace = resource.namespaced ? (object.metadata.namespace ?? 'default') : undefined;
  const key = { namespace, name };
  try {
    const existing = await client.find(resource, key);
    if (existing) return await client.patch(resource, key, object, validationOf(object));
    return await client.create(resource, { ...object, metadata: { ...object.metadata, namespace } }, validationOf(object));
  } catch (error) {
    throw new Error(`${source}: ${object.kind} ${name}: ${(error as Error).message}`, { cause: error });
  }
}

function resourceTypeOf({ apiVersion, kind }: KubeObject, source: string): ResourceType {
  const found = APPLICABLE.find((candidate) => {
    const version = candidate.group ? `${candidate.group}/${candidate.version}` : candidate.version;
    return candidate.kind === kind && version === apiVersion;
  });
  if (!found) {
    const kinds = APPLICABLE.map((candidate) => candidate.kind).join(', ');
    throw new Error(`${source}: ${apiVersion} ${kind} cannot be applied here, only ${kinds}; use kubectl for anything else`);
  }
  return found;
}
