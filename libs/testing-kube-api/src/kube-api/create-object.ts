import { randomInt, randomUUID } from 'node:crypto';
import { type ApiMetadata, type ApiObject } from './api-object';
import { alreadyExists, ApiError, badRequest, cause, forbidden, invalid, notFound } from './api-error';
import { timestamp } from './timestamp';
import { asText, type JsonObject } from './json';
import { decodeObject, validateObject } from './prepare-object';
import { storageType } from './resource-definition';
import { allocateClusterIp } from './service-rules';
import { nameOf, subjectOf, type WriteRequest } from './write-request';

/**
 * Creates an object.
 *
 * @throws ApiError 400, 403 (the namespace is being deleted), 404 (no such namespace), 409 or 422
 */
export function createObject(body: JsonObject, request: WriteRequest): ApiObject {
  const { cluster, definition, dryRun } = request;
  const object = decodeObject(body, request);
  object.metadata = newMetadata(object, request);
  checkNamespace(object.metadata, request);
  const resource = storageType(definition);
  const key = nameOf(request, object.metadata.name);
  if (cluster.store.get(resource, key)) {
    throw alreadyExists(subjectOf(request, key.name));
  }
  validateObject(object, undefined, definition);
  if (definition.kind === 'Service') {
    allocateClusterIp(object, cluster.store.list(resource));
  }
  return dryRun ? object : cluster.store.put(resource, object);
}

/** Returns the metadata of a new object: fields that clients may set are kept, others are set by the server. */
function newMetadata(object: ApiObject, request: WriteRequest): ApiMetadata {
  const { definition, namespace, cluster, name } = request;
  const given = object.metadata;
  if (given.namespace && given.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (given.resourceVersion) {
    throw new ApiError('resourceVersion should not be set on objects to be created', { code: 500 });
  }
  return {
    ...given,
    name: name ?? nameFor(given, request),
    ...(namespace ? { namespace } : { namespace: undefined }),
    uid: randomUUID(),
    generation: definition.hasGeneration ? 1 : undefined,
    creationTimestamp: timestamp(cluster.clock()),
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
    ...({ managedFields: undefined, selfLink: undefined } as object),
  };
}

/** Characters of generated names, as in Kubernetes: without vowels and characters that look alike. */
const SUFFIX_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

function nameFor({ name, generateName }: ApiMetadata, { definition: { group, kind } }: WriteRequest): string {
  if (name) {
    return name;
  }
  if (!generateName) {
    throw invalid({ group, kind }, [cause.required('metadata.name', 'name or generateName is required')]);
  }
  const suffix = Array.from({ length: 5 }, () => SUFFIX_LETTERS[randomInt(SUFFIX_LETTERS.length)]).join('');
  return asText(generateName).slice(0, 58) + suffix;
}

function checkNamespace({ name }: ApiMetadata, request: WriteRequest): void {
  const { namespace, cluster } = request;
  if (!namespace || request.definition.kind === 'Namespace') {
    return;
  }
  const found = cluster.store.get('/namespaces', { name: namespace });
  if (!found) {
    throw notFound({ group: '', kind: 'namespaces', name: namespace });
  }
  if (found.metadata.deletionTimestamp) {
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(subjectOf(request, name), why);
  }
}
