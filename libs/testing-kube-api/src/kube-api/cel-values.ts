import { asList, isJsonObject, type JsonObject } from './json';
import { propertySchema, type Schema } from './schema';

/** Reserved words of CEL, which cannot be field names; Kubernetes escapes them as `__word__`. */
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

/** Returns the name of a declared property in rules (Kubernetes: "escaping of property names"). */
function celName(property: string): string {
  if (RESERVED.has(property)) {
    return `__${property}__`;
  }
  return property.replaceAll('__', '__underscores__').replaceAll('.', '__dot__').replaceAll('-', '__dash__').replaceAll('/', '__slash__');
}

/** Converts a value for rules: integers become 64-bit integers, times become timestamps, and property names are escaped. */
export function celValue(value: unknown, schema: Schema): unknown {
  if (typeof value === 'number') {
    return schema.type !== 'number' && Number.isInteger(value) ? BigInt(value) : value;
  }
  if (typeof value === 'string') {
    return schema.format === 'date-time' ? new Date(value) : value;
  }
  // Array.from, because map returns an array of the same realm, and the CEL package accepts only arrays of its own realm.
  if (Array.isArray(value)) {
    return Array.from(asList(value), (item) => celValue(item, schema.items ?? {}));
  }
  return isJsonObject(value) ? celObject(value, schema) : value;
}

function celObject(value: JsonObject, schema: Schema): JsonObject {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.map(([name, item]) => {
      const isDeclared = schema.properties !== undefined && Object.hasOwn(schema.properties, name);
      return [isDeclared ? celName(name) : name, celValue(item, propertySchema(schema, name) ?? {})];
    }),
  );
}
