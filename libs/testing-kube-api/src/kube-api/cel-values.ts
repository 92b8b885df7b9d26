import { asList, isJsonObject, type JsonObject } from './json';
import { propertySchema, type Schema } from './schema';

/** Words of CEL that cannot be field names; Kubernetes writes them `__word__`. */
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

/** How a declared property is called in a rule (Kubernetes: "escaping of property names"). */
function celName(property: string): string {
  if (RESERVED.has(property)) {
    return `__${property}__`;
  }
  return property.replaceAll('__', '__underscores__').replaceAll('.', '__dot__').replaceAll('-', '__dash__').replaceAll('/', '__slash__');
}

/** The value that a rule sees: integers as 64-bit integers, times as timestamps, property names escaped. */
export function celValue(value: unknown, schema: Schema): unknown {
  if (typeof value === 'number') {
    return schema.type !== 'number' && Number.isInteger(value) ? BigInt(value) : value;
  }
  if (typeof value === 'string') {
    return schema.format === 'date-time' ? new Date(value) : value;
  }
  // Array.from, not map: an array of another realm would stay one, and the CEL package knows its own only.
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
