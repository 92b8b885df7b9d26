import { type ApiMetadata, type ApiObject } from './api-object';
import { badRequest, cause, conflict, invalid, notFound } from './api-error';
import { createObject } from './create-object';
import { cloneJson, isEqualJson, type JsonObject } from './json';
import { decodeObject, validateObject } from './prepare-object';
import { storageType } from './resource-definition';
import { allocateClusterIp, keepClusterIp } from './service-rules';
import { nameOf, subjectOf, type WriteRequest } from './write-request';

/**
 * Returns the object that a request names.
 *
 * @throws ApiError 404 when it does not exist
 */
export function existingObject(request: WriteRequest): ApiObject {
  const name = request.name ?? '';
  const found = request.cluster.store.get(storageType(request.definition), nameOf(request, name));
  if (!found) {
    throw notFound(subjectOf(request, name));
  }
  return found;
}

/**
 * Replaces an object or its status.
 *
 * @throws ApiError 400, 404, 409 or 422
 */
export function updateObject(body: JsonObject, request: WriteRequest): ApiObject {
  const { definition, name = '', cluster } = request;
  const isThere = cluster.store.get(storageType(definition), nameOf(request, name)) !== undefined;
  if (!isThere && definition.createOnUpdate && !request.subresource) {
    return createObject(body, request);
  }
  const old = existingObject(request);
  const object = decodeObject(body, request);
  checkAddress(object, request);
  const { resourceVersion } = object.metadata;
  if (!resourceVersion && definition.versionedUpdates) {
    const missing = cause.invalid('metadata.resourceVersion', 0, 'must be specified for an update');
    throw invalid(subjectOf(request, name), [missing]);
  }
  return replaceObject(object, old, request);
}

/** Stores the result of an update or patch. A deleted object that waits for finalizers is removed with the last one. */
export function replaceObject(object: ApiObject, old: ApiObject, request: WriteRequest): ApiObject {
  const { cluster, definition, dryRun } = request;
  checkPreconditions(object.metadata, old, request);
  const next = mergeWithOld(object, old, request);
  validateObject(next, old, definition);
  if (definition.kind === 'Service') {
    allocateClusterIp(next, cluster.store.list(storageType(definition)));
  }
  next.metadata.generation = nextGeneration(next, old, request);
  if (dryRun) {
    return next;
  }
  if (isEqualJson(next, old)) {
    return old;
  }
  const resource = storageType(definition);
  const stored = cluster.store.put(resource, next);
  const isGone = stored.metadata.deletionTimestamp && !stored.metadata.finalizers?.length && definition.kind !== 'Namespace';
  return isGone ? (cluster.store.remove(resource, stored.metadata) ?? stored) : stored;
}

function checkAddress({ metadata }: ApiObject, { name = '', namespace }: WriteRequest): void {
  if (metadata.name && metadata.name !== name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

function checkPreconditions({ resourceVersion, uid }: ApiMetadata, old: ApiObject, request: WriteRequest): void {
  const subject = subjectOf(request, old.metadata.name);
  if (uid && uid !== old.metadata.uid) {
    throw conflict(subject, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`);
  }
  if (resourceVersion && resourceVersion !== '0' && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(subject);
  }
}

/** Merges the new and the stored object: the subresource changes only the status, and the object everything except the status. */
function mergeWithOld(object: ApiObject, old: ApiObject, { definition, subresource }: WriteRequest): ApiObject {
  if (subresource === 'status') {
    return { ...cloneJson(old), status: object['status'] };
  }
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds } =
    old.metadata;
  const metadata = {
    ...object.metadata,
    ...{ name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds },
    ...({ managedFields: undefined, selfLink: undefined } as object),
  };
  const next: ApiObject = { ...object, metadata };
  if (definition.kind === 'Service') {
    keepClusterIp(next, old);
  }
  if (definition.hasStatus) {
    next['status'] = cloneJson(old['status']);
  }
  return next;
}

/** Returns the generation, which is incremented by any change outside metadata and status. */
function nextGeneration(next: ApiObject, old: ApiObject, { definition }: WriteRequest): number | undefined {
  if (!definition.hasGeneration) {
    return undefined;
  }
  const generation = old.metadata.generation ?? 1;
  return isEqualJson(desired(next, definition.hasStatus), desired(old, definition.hasStatus)) ? generation : generation + 1;
}

function desired({ metadata: _metadata, status, ...rest }: ApiObject, hasStatus: boolean): JsonObject {
  return hasStatus ? rest : { ...rest, status };
}
