import { type ApiObject } from './api-object';
import { conflict } from './api-error';
import { timestamp } from './timestamp';
import { dependentsOf } from './garbage-collector';
import { asObject, asText, type JsonObject } from './json';
import { storageType } from './resource-definition';
import { existingObject } from './update-object';
import { subjectOf, type WriteRequest } from './write-request';

/** Options of a deletion (meta/v1 `DeleteOptions`). */
export interface Deletion {
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** What happens to dependents: deleted afterwards (Background), deleted before (Foreground), or kept without their owner (Orphan). */
  readonly propagation: string;
}

/** Reads the options from the body, and from the query, which kubectl also uses. */
export function parseDeletion(body: JsonObject, query: URLSearchParams): Deletion {
  const preconditions = asObject(body['preconditions']);
  return {
    uid: asText(preconditions['uid']) || undefined,
    resourceVersion: asText(preconditions['resourceVersion']) || undefined,
    propagation: asText(body['propagationPolicy']) || query.get('propagationPolicy') || 'Background',
  };
}

/**
 * Deletes an object. An object with finalizers is marked, and stays until they are removed. A namespace stays until it is empty.
 *
 * @returns the object if it stays, otherwise a Status
 * @throws ApiError 404 or 409
 */
export function deleteObject(deletion: Deletion, request: WriteRequest): JsonObject {
  const { cluster, definition, dryRun } = request;
  const object = existingObject(request);
  checkPreconditions(object, deletion, request);
  const { metadata } = object;
  const stays = (metadata.finalizers ?? []).length > 0 || definition.kind === 'Namespace';
  if (dryRun) {
    return stays ? object : deleted(object, request);
  }
  settleDependents(object, deletion, request);
  if (stays) {
    return metadata.deletionTimestamp ? object : markDeleted(object, request);
  }
  cluster.store.remove(storageType(definition), metadata);
  return deleted(object, request);
}

function checkPreconditions({ metadata }: ApiObject, { uid, resourceVersion }: Deletion, request: WriteRequest): void {
  const subject = subjectOf(request, metadata.name);
  if (uid && uid !== metadata.uid) {
    throw conflict(subject, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`);
  }
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`;
    throw conflict(subject, why);
  }
}

/** Handles the dependents. For Background, the garbage collector does that. */
function settleDependents({ metadata: { uid = '' } }: ApiObject, { propagation }: Deletion, { cluster: { store } }: WriteRequest): void {
  if (propagation === 'Background') {
    return;
  }
  for (const { resource, object } of dependentsOf(store, uid)) {
    const others = (object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
    if (propagation === 'Foreground' && others.length === 0) {
      store.remove(resource, object.metadata);
    } else {
      store.put(resource, { ...object, metadata: { ...object.metadata, ownerReferences: others } });
    }
  }
}

function markDeleted(object: ApiObject, { cluster, definition }: WriteRequest): ApiObject {
  const metadata = { ...object.metadata, deletionTimestamp: timestamp(cluster.clock()), deletionGracePeriodSeconds: 0 };
  const marked: ApiObject = { ...object, metadata };
  if (definition.kind === 'Namespace') {
    marked['status'] = { phase: 'Terminating' };
  }
  return cluster.store.put(storageType(definition), marked);
}

function deleted({ metadata: { name, uid } }: ApiObject, { definition: { group, plural } }: WriteRequest): JsonObject {
  const details = { name, ...(group && { group }), kind: plural, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
