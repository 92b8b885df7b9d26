import { asList, isJsonObject, type JsonObject } from './json';
import { fieldOf, keepsUnknown, propertySchema, type Schema } from './schema';

/**
 * Removes, in place, fields that the schema does not declare.
 *
 * @returns the paths of the removed fields
 */
export function pruneUnknown(value: unknown, schema: Schema, path = ''): string[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? asList(value).flatMap((item, index) => pruneUnknown(item, items, `${path}[${index}]`)) : [];
  }
  if (!isJsonObject(value) || schema['x-kubernetes-int-or-string']) {
    return [];
  }
  return pruneProperties(value, schema, path);
}

function pruneProperties(value: JsonObject, schema: Schema, path: string): string[] {
  return Object.entries(value).flatMap(([name, item]) => {
    const field = fieldOf(path, name);
    const own = schema['x-kubernetes-embedded-resource'] && isTypeMeta(name) ? {} : propertySchema(schema, name);
    if (own) {
      return pruneUnknown(item, own, field);
    }
    if (keepsUnknown(schema)) {
      return [];
    }
    delete value[name];
    return [field];
  });
}

function isTypeMeta(name: string): boolean {
  return name === 'apiVersion' || name === 'kind' || name === 'metadata';
}
