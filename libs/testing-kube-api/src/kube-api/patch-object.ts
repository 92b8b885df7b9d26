import { type ApiObject } from './api-object';
import { badRequest, type ApiError, unsupportedMediaType } from './api-error';
import { cloneJson, isJsonObject, type JsonObject } from './json';
import { applyJsonPatch } from './json-patch';
import { applyMergePatch } from './merge-patch';
import { decodeObject } from './prepare-object';
import { applyStrategicMergePatch } from './strategic-merge-patch';
import { existingObject, replaceObject } from './update-object';
import { type WriteRequest } from './write-request';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

/**
 * Patches an object or its status. Server-side apply is not supported: the response to its content type is 415, with an alternative.
 *
 * @param readPatch parses the body; called only if its type is supported
 * @throws ApiError 400, 404, 409, 415 or 422
 */
export function patchObject(readPatch: () => unknown, contentType: string, request: WriteRequest): ApiObject {
  const apply = patcherFor(contentType, request);
  const old = existingObject(request);
  const patched = apply(cloneJson(old), readPatch());
  const object = decodeObject(patched, request);
  if (object.metadata.name !== old.metadata.name) {
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${old.metadata.name})`);
  }
  return replaceObject(object, old, request);
}

type Patcher = (document: JsonObject, patch: unknown) => JsonObject;

function patcherFor(contentType: string, { definition: { custom } }: WriteRequest): Patcher {
  switch (contentType) {
    case JSON_PATCH:
      return applyJsonPatch;
    case MERGE_PATCH:
      return (document, patch) => applyMergePatch(document, objectPatch(patch));
    case STRATEGIC_MERGE_PATCH:
      if (!custom) {
        return (document, patch) => applyStrategicMergePatch(document, objectPatch(patch));
      }
      throw unsupportedPatch(custom);
    case APPLY_PATCH:
      throw unsupportedPatch(custom, '; server-side apply is not served here: leave out --server-side, or send one of these patches');
    default:
      throw unsupportedPatch(custom);
  }
}

/**
 * Returns the error for an unsupported patch. Custom types have no strategic merge patch: there is no Go type that says how
 * lists merge.
 */
function unsupportedPatch(custom: boolean, instead = ''): ApiError {
  return unsupportedMediaType([JSON_PATCH, MERGE_PATCH, ...(custom ? [] : [STRATEGIC_MERGE_PATCH])], instead);
}

function objectPatch(patch: unknown): JsonObject {
  if (isJsonObject(patch)) {
    return patch;
  }
  throw badRequest('error decoding patch: a merge patch must be an object');
}
