import { isJsonObject, type JsonObject } from './json';

/** RFC 7396. Null takes away, objects merge, everything else replaces. The document is not modified. */
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
