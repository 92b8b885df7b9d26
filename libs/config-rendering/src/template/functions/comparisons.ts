import { failed } from '../template-problem';
import { GoFloat, GoInt, GoList, GoMap, typeName, type GoValue } from '../values/go-value';
import { define, defineVariadic, type FunctionTable } from './template-function';

/** text/template's comparisons. Integers of any type compare with each other, but not with floats. */
export const COMPARISONS: FunctionTable = {
  eq: defineVariadic(['value'], 'value', ([first], others) => {
    if (others.length === 0) {
      throw failed('missing argument for comparison');
    }
    return others.some((other) => equal(first, other));
  }),
  ne: define(['value', 'value'], ([a, b]) => !equal(a, b)),
  lt: define(['value', 'value'], ([a, b]) => less(a, b)),
  le: define(['value', 'value'], ([a, b]) => less(a, b) || equal(a, b)),
  gt: define(['value', 'value'], ([a, b]) => !(less(a, b) || equal(a, b))),
  ge: define(['value', 'value'], ([a, b]) => !less(a, b)),
};

type BasicKind = 'bool' | 'int' | 'float' | 'string' | undefined;

function basicKind(value: GoValue): BasicKind {
  if (typeof value === 'boolean') {
    return 'bool';
  }
  if (typeof value === 'string') {
    return 'string';
  }
  if (value instanceof GoInt) {
    return 'int';
  }
  return value instanceof GoFloat ? 'float' : undefined;
}

function comparable(value: GoValue): boolean | string | bigint | number | undefined {
  if (value instanceof GoInt || value instanceof GoFloat) {
    return value.value;
  }
  return typeof value === 'boolean' || typeof value === 'string' ? value : undefined;
}

function equal(a: GoValue, b: GoValue): boolean {
  const kind = basicKind(a);
  if (kind !== basicKind(b)) {
    if (a == null || b == null) {
      return false;
    }
    throw failed(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
  }
  return kind === undefined ? equalNil(a, b) : comparable(a) === comparable(b);
}

/** Compares lists and maps, which Go compares only with nil. */
function equalNil(a: GoValue, b: GoValue): boolean {
  if (a != null && b != null && a instanceof GoList !== b instanceof GoList) {
    throw failed('non-comparable types');
  }
  if (isNil(a) || isNil(b)) {
    return isNil(a) === isNil(b);
  }
  throw failed(`non-comparable type ${typeName(b)}`);
}

function isNil(value: GoValue): boolean {
  return value == null || ((value instanceof GoList || value instanceof GoMap) && value.isNil);
}

function less(a: GoValue, b: GoValue): boolean {
  const [left, right] = [comparable(a), comparable(b)];
  if (left === undefined || right === undefined || typeof left === 'boolean') {
    throw failed('invalid type for comparison');
  }
  if (basicKind(a) !== basicKind(b)) {
    throw failed(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);
  }
  return left < right;
}
