import { asList, cloneJson, isJsonObject, type JsonObject } from './json';
import { propertySchema, type Schema } from './schema';

/** Sets, in place, the defaults of fields that are absent, or null although null is not allowed. */
export function applyDefaults(value: unknown, schema: Schema): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) {
      for (const item of asList(value)) {
        applyDefaults(item, items);
      }
    }
    return;
  }
  if (!isJsonObject(value)) {
    return;
  }
  fillIn(value, schema);
  for (const [name, item] of Object.entries(value)) {
    const own = propertySchema(schema, name);
    if (own) {
      applyDefaults(item, own);
    }
  }
}

function fillIn(value: JsonObject, schema: Schema): void {
  for (const [name, own] of Object.entries(schema.properties ?? {})) {
    if (own.default === undefined) {
      continue;
    }
    const isMissing = value[name] === undefined || (value[name] === null && !own.nullable);
    if (isMissing) {
      value[name] = cloneJson(own.default);
    }
  }
}
