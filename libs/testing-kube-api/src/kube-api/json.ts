/** A JSON object of unknown shape. */
export type JsonObject = Record<string, unknown>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the value if it is an object, otherwise an empty object. */
export function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** Returns the value if it is a list, otherwise an empty list. */
export function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** Returns the value if it is a string, otherwise an empty string. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function asTexts(value: unknown): string[] {
  return asList(value).filter((item) => typeof item === 'string');
}

/** Returns the value at a path of property names; undefined if a property is missing. */
export function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((current, key) => (isJsonObject(current) ? current[key] : undefined), value);
}

/** Compares values without prototypes, which differ between realms, and without the order of properties. Undefined counts as absent. */
export function isEqualJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    const other = b as unknown[];
    return a.length === other.length && a.every((item, index) => isEqualJson(item, other[index]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) {
    return a === b;
  }
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => isEqualJson(a[key], b[key]));
}

/** Returns a deep copy. */
export function cloneJson<T>(value: T): T {
  if (Array.isArray(value)) {
    return value.map((item: unknown) => cloneJson(item)) as T;
  }
  if (!isJsonObject(value)) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cloneJson(item)])) as T;
}

/** Returns the name of a JSON type in messages of Kubernetes. */
export function jsonTypeOf(value: unknown): string {
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return 'array';
  }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? 'integer' : 'number';
  }
  return typeof value;
}
