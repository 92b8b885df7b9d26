import { print, printf, println } from '../format/printf';
import { failed } from '../template-problem';
import { GoInt, goInt, GoList, GoMap, isTrue, typeName, zeroOf, type GoValue } from '../values/go-value';
import { define, defineVariadic, type FunctionTable } from './template-function';

/** text/template's own functions, except comparisons, escapes, and `and` and `or`, which the evaluator implements. */
export const BUILTINS: FunctionTable = {
  not: define(['value'], ([value]) => !isTrue(value)),
  len: define(['value'], ([value]) => goInt(length(value))),
  index: defineVariadic(['value'], 'value', ([value], keys) => index(value, keys)),
  print: defineVariadic([], 'any', (_fixed, values, budget) => print(values, budget)),
  println: defineVariadic([], 'any', (_fixed, values, budget) => println(values, budget)),
  printf: defineVariadic(['string'], 'any', ([format], values, budget) => printf(format, values, budget)),
};

function length(value: GoValue): number {
  if (typeof value === 'string') {
    return value.length;
  }
  if (value instanceof GoList) {
    return value.items.length;
  }
  if (value instanceof GoMap) {
    return value.entries.size;
  }
  throw failed(`len of ${value == null ? 'nil' : `type ${typeName(value)}`}`);
}

function index(value: GoValue, keys: readonly GoValue[]): GoValue {
  if (value == null) {
    throw failed('index of untyped nil');
  }
  return keys.reduce<GoValue>((item, key) => at(item, key), value);
}

function at(item: GoValue, key: GoValue): GoValue {
  if (item == null) {
    throw failed('index of nil pointer');
  }
  if (item instanceof GoMap) {
    return entry(item, key);
  }
  if (item instanceof GoList) {
    return item.items[position(key, item.items.length)];
  }
  if (typeof item === 'string') {
    return goInt(item.charCodeAt(position(key, item.length)), 'uint8');
  }
  throw failed(`can't index item of type ${typeName(item)}`);
}

function entry(map: GoMap, key: GoValue): GoValue {
  if (typeof key !== 'string') {
    throw failed(`value has type ${typeName(key)}; should be string`);
  }
  return map.entries.has(key) ? map.entries.get(key) : zeroOf(map.element);
}

function position(key: GoValue, length: number): number {
  if (!(key instanceof GoInt)) {
    throw failed(`cannot index slice/array with type ${typeName(key)}`);
  }
  if (key.value < 0n || key.value >= BigInt(length)) {
    throw failed(`index out of range: ${key.value}`);
  }
  return Number(key.value);
}
