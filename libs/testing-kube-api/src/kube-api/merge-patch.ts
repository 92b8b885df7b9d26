import { isJsonObject, type JsonObject } from './json';

/** Applies a merge patch (RFC 7396): null removes, objects merge, other values replace. The document itself is not modified. */
export function applyMergePatch(document: JsonObject, patch: JsonObject): JsonObject {
  const result = { ...document };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) {
      delete result[name];
    } else if (isJsonObject(value)) {
      result[name] = applyMergePatch(isJsonObject(result[name]) ? result[name] : {}, value);
    } else {
      result[name] = value;
    }
  }
  return result;
}
