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
 * Starts the built-in controllers of a cluster without which the API is not usable. The garbage collector has its own file.
 *
 * @param endWatches ends the watches of a type that is no longer served
 * @returns a function that stops the controllers
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

/** Starts to serve a custom type. If its definition was deleted, stops serving it and deletes its objects. */
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
    // Later, so that the watches receive the deletions first.
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

/** Copies rules into each role with an aggregation rule, from the roles that the aggregation rule selects. */
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

/** Deletes the content of a namespace that is being deleted, and removes the namespace when no object in it waits for a finalizer. */
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
