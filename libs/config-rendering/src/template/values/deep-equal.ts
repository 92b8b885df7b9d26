import { type Budget } from '../budget';
import { GoFloat, GoInt, GoList, GoMap, typeName, type GoValue } from './go-value';

/** Reproduces Go's reflect.DeepEqual: values of different types are never equal, such as an int64 and an int. */
export function deepEqual(a: GoValue, b: GoValue, budget: Budget, depth = 0): boolean {
  budget.value(depth);
  if (a == null || b == null) {
    return a == null && b == null;
  }
  if (typeName(a) !== typeName(b)) {
    return false;
  }
  if (a instanceof GoList && b instanceof GoList) {
    return equalLists(a, b, budget, depth);
  }
  if (a instanceof GoMap && b instanceof GoMap) {
    return equalMaps(a, b, budget, depth);
  }
  return equalScalars(a, b, budget);
}

/** Compares scalars and counts the bytes of texts, because a list may contain one long text many times. */
function equalScalars(a: GoValue, b: GoValue, budget: Budget): boolean {
  if (typeof a === 'string') {
    budget.bytes(a.length);
  }
  return scalar(a) === scalar(b);
}

function scalar(value: GoValue): unknown {
  return value instanceof GoInt || value instanceof GoFloat ? value.value : value;
}

function equalLists(a: GoList, b: GoList, budget: Budget, depth: number): boolean {
  if (a.isNil !== b.isNil || a.items.length !== b.items.length) {
    return false;
  }
  return a === b || a.items.every((item, index) => deepEqual(item, b.items[index], budget, depth + 1));
}

function equalMaps(a: GoMap, b: GoMap, budget: Budget, depth: number): boolean {
  if (a.isNil !== b.isNil || a.entries.size !== b.entries.size) {
    return false;
  }
  if (a === b) {
    return true;
  }
  for (const [key, item] of a.entries) {
    if (!b.entries.has(key) || !deepEqual(item, b.entries.get(key), budget, depth + 1)) {
      return false;
    }
  }
  return true;
}
