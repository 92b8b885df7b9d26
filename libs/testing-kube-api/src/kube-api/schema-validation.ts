import { cause, type StatusCause } from './api-error';
import { asList, isEqualJson, isJsonObject, type JsonObject, jsonTypeOf } from './json';
import { fieldOf, propertySchema, type Schema } from './schema';
import { validateScalar } from './schema-scalars';

/** A value to validate. */
interface Subject {
  readonly value: unknown;
  /** The stored value at the same place. Unchanged values are not validated again (CRD validation ratcheting). */
  readonly old?: unknown;
  readonly path: string;
}

/** Validates a value against a structural schema, with the messages of kube-apiserver 1.37. */
export function validateSchema(subject: Subject, schema: Schema): StatusCause[] {
  const { value, old, path } = subject;
  if (value === undefined || (old !== undefined && isEqualJson(value, old))) {
    return [];
  }
  if (value === null && schema.nullable) {
    return [];
  }
  const expected = expectedType(value, schema);
  if (expected) {
    return [cause.type(path, jsonTypeOf(value), expected)];
  }
  return [...validateKind(subject, schema), ...validateCombinations(subject, schema)];
}

function validateKind(subject: Subject, schema: Schema): StatusCause[] {
  if (Array.isArray(subject.value)) {
    return validateList(subject, subject.value as unknown[], schema);
  }
  if (isJsonObject(subject.value)) {
    return validateObject(subject, subject.value, schema);
  }
  return validateScalar(subject.value, schema, subject.path);
}

/** Returns the type that the schema requires, if the value has another type. */
function expectedType(value: unknown, schema: Schema): string | undefined {
  const actual = jsonTypeOf(value);
  if (schema['x-kubernetes-int-or-string']) {
    return actual === 'integer' || actual === 'string' ? undefined : 'integer or string';
  }
  const { type } = schema;
  const isRight = type === undefined || type === actual || (type === 'number' && actual === 'integer');
  return isRight ? undefined : type;
}

function validateObject({ old, path }: Subject, value: JsonObject, schema: Schema): StatusCause[] {
  const missing = (schema.required ?? []).filter((name) => value[name] === undefined);
  const properties = Object.entries(value).flatMap(([name, item]) => {
    const own = propertySchema(schema, name);
    const before = isJsonObject(old) ? old[name] : undefined;
    return own ? validateSchema({ value: item, old: before, path: fieldOf(path, name) }, own) : [];
  });
  return [...missing.map((name) => cause.required(fieldOf(path, name))), ...propertyCount(value, schema, path), ...properties];
}

function propertyCount(value: JsonObject, { minProperties = 0, maxProperties = Infinity }: Schema, path: string): StatusCause[] {
  const count = Object.keys(value).length;
  if (count > maxProperties) {
    return [cause.tooMany(path, count, maxProperties)];
  }
  if (count < minProperties) {
    return [cause.invalid(path, count, `${path} in body should have at least ${minProperties} properties`)];
  }
  return [];
}

function validateList({ old, path }: Subject, list: readonly unknown[], schema: Schema): StatusCause[] {
  const { items } = schema;
  const contents = items
    ? list.flatMap((item, index) => validateSchema({ value: item, old: counterpart(item, old, schema), path: `${path}[${index}]` }, items))
    : [];
  return [...contents, ...itemCount(list.length, schema, path), ...duplicates(list, schema, path)];
}

function itemCount(count: number, { minItems = 0, maxItems = Infinity }: Schema, path: string): StatusCause[] {
  if (count > maxItems) {
    return [cause.tooMany(path, count, maxItems)];
  }
  if (count < minItems) {
    return [cause.invalid(path, count, `${path} in body should have at least ${minItems} items`)];
  }
  return [];
}

/** Returns the identity of an item: its keys in a list of type map, otherwise the item itself. */
function itemKey(item: unknown, schema: Schema): unknown {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] !== 'map' || !keys || !isJsonObject(item)) {
    return item;
  }
  return Object.fromEntries(keys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]]));
}

/** Returns the item of the stored list with the same identity. Only items in lists of type map have an identity. */
export function counterpart(item: unknown, old: unknown, schema: Schema): unknown {
  if (schema['x-kubernetes-list-type'] !== 'map') {
    return undefined;
  }
  const key = itemKey(item, schema);
  return asList(old).find((other) => isEqualJson(itemKey(other, schema), key));
}

function duplicates(list: readonly unknown[], schema: Schema, path: string): StatusCause[] {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'map' && listType !== 'set' && !schema.uniqueItems) {
    return [];
  }
  const keys = list.map((item) => itemKey(item, schema));
  return keys.flatMap((key, index) => {
    const isRepeated = keys.slice(0, index).some((earlier) => isEqualJson(earlier, key));
    return isRepeated ? [cause.duplicate(`${path}[${index}]`, key)] : [];
  });
}

function validateCombinations(subject: Subject, schema: Schema): StatusCause[] {
  const { value, path } = subject;
  const holds = (other: Schema): boolean => validateSchema({ value, path }, other).length === 0;
  const causes = (schema.allOf ?? []).flatMap((other) => validateSchema(subject, other));
  const wrong = (detail: string): void => {
    causes.push(cause.invalid(path, value, `${path} in body ${detail}`));
  };
  if (schema.anyOf && !schema.anyOf.some(holds)) {
    wrong('must validate at least one schema (anyOf)');
  }
  if (schema.oneOf && schema.oneOf.filter(holds).length !== 1) {
    wrong('must validate one and only one schema (oneOf)');
  }
  if (schema.not && holds(schema.not)) {
    wrong('must not validate the schema (not)');
  }
  return causes;
}
