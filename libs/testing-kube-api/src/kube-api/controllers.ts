import { type ApiObject } from './api-object';
import { type Cluster } from './cluster';
import { createObject } from './create-object';
import { definitionsOf, namesOf } from './custom-resources';
import { asList, asObject, asText, isEqualJson, type JsonObject } from './json';
import { matchesLabelSelector } from './label-selector';
import { type StoredChange } from './object-store';
import { timestamp } from './timestamp';

const CRDS = 'apiextensions.k8s.io/customresourcedefinitions';
const CLUSTER_ROLES = 'rbac.authorization.k8s.io/clusterroles';
const NAMESPACES = '/namespaces';

/**
 * What a cluster's own controllers do to objects, as far as the API would be of no use without it. The garbage collector is
 * a file of its own.
 *
 * @param endWatches ends the watches of a type that is gone
 * @returns a function that stops them
 */
export function startControllers(cluster: Cluster, endWatches: (resource: string) => void): () => void {
  return cluster.store.subscribe((change) => {
    if (change.resource === CRDS) {
      serveCustomResource(change, cluster, endWatches);
    }
    if (change.resource === CLUSTER_ROLES) {
      aggregateClusterRoles(cluster);
    }
    if (change.resource === NAMESPACES && change.type === 'ADDED') {
      createDefaultServiceAccount(change.object, cluster);
    }
    const namespace = change.resource === NAMESPACES ? change.object.metadata.name : change.object.metadata.namespace;
    if (namespace && change.type !== 'ADDED') {
      finishNamespace(namespace, cluster);
    }
  });
}

/** Takes a custom type into service, or out of it with all its objects. */
function serveCustomResource({ type, object, previous }: StoredChange, cluster: Cluster, endWatches: (resource: string) => void): void {
  const { catalog, store } = cluster;
  const spec = asObject(object['spec']);
  const group = asText(spec['group']);
  const { plural } = namesOf(spec);
  if (type === 'DELETED') {
    const resource = `${group}/${plural}`;
    for (const item of store.list(resource)) {
      store.remove(resource, item.metadata);
    }
    catalog.remove(group, plural);
    // After the deletions have reached the watches.
    return queueMicrotask(() => endWatches(resource));
  }
  if (previous && isEqualJson(previous['spec'], spec)) {
    return;
  }
  catalog.remove(group, plural);
  for (const definition of definitionsOf(object)) {
    catalog.add(definition);
  }
  const current = store.get(CRDS, object.metadata) ?? object;
  store.put(CRDS, { ...current, status: establishedStatus(spec, timestamp(cluster.clock())) });
}

function establishedStatus(spec: JsonObject, lastTransitionTime: string): JsonObject {
  const condition = (type: string, reason: string, message: string): JsonObject => ({
    lastTransitionTime,
    message,
    reason,
    status: 'True',
    type,
  });
  const versions = asList(spec['versions']).map(asObject);
  return {
    acceptedNames: namesOf(spec),
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    storedVersions: versions.filter((version) => version['storage'] === true).map((version) => version['name']),
  };
}

/** Copies into roles with an aggregation rule the rules of the roles that it selects. */
function aggregateClusterRoles({ store }: Cluster): void {
  const roles = store.list(CLUSTER_ROLES);
  for (const role of roles) {
    const selectors = asList(asObject(role['aggregationRule'])['clusterRoleSelectors']);
    if (selectors.length === 0) {
      continue;
    }
    const parts = roles.filter(
      ({ metadata }) =>
        metadata.name !== role.metadata.name && selectors.some((selector) => matchesLabelSelector(selector, metadata.labels)),
    );
    const rules = parts.flatMap((part) => asList(part['rules']));
    if (!isEqualJson(rules, asList(role['rules']))) {
      store.put(CLUSTER_ROLES, { ...role, rules });
    }
  }
}

function createDefaultServiceAccount({ metadata }: ApiObject, cluster: Cluster): void {
  const definition = cluster.catalog.find('', 'v1', 'serviceaccounts');
  if (!definition || cluster.store.get('/serviceaccounts', { namespace: metadata.name, name: 'default' })) {
    return;
  }
  const request = { cluster, definition, namespace: metadata.name, fieldValidation: 'Strict', dryRun: false, warnings: [] } as const;
  createObject({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }, { ...request, warnings: [] });
}

/** Empties a namespace that is going, and removes it once nothing in it waits for a finalizer. */
function finishNamespace(name: string, { store, clock }: Cluster): void {
  const namespace = store.get(NAMESPACES, { name });
  if (!namespace?.metadata.deletionTimestamp) {
    return;
  }
  const contents = store.resources().flatMap((resource) => store.list(resource, name).map((object) => ({ resource, object })));
  for (const { resource, object } of contents) {
    const { metadata } = object;
    if (!metadata.finalizers?.length) {
      store.remove(resource, metadata);
    } else if (!metadata.deletionTimestamp) {
      store.put(resource, { ...object, metadata: { ...metadata, deletionTimestamp: timestamp(clock()) } });
    }
  }
  const isEmpty = store.resources().every((resource) => store.list(resource, name).length === 0);
  if (isEmpty && store.get(NAMESPACES, { name })) {
    store.remove(NAMESPACES, { name });
  }
}
