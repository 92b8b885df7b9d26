import { type Budget } from '../budget';
import { failed } from '../template-problem';
import { GoList, GoMap, stringList, typeName, type GoAny, type GoValue } from '../values/go-value';
import { textOf } from './casts';
import { define, defineVariadic, type FunctionTable } from './template-function';

/** sprig: dicts. Only `set`, `unset` and the merge functions change a dict. They change a copy of the caller's data. */
export const DICTS: FunctionTable = {
  dict: defineVariadic([], 'any', (_fixed, values, budget) => dict(values, budget)),
  get: define(['map', 'string'], ([map, key]) => (map.entries.has(key) ? map.entries.get(key) : '')),
  set: define(['map', 'string', 'any'], ([map, key, value]) => set(map, key, value)),
  unset: define(['map', 'string'], ([map, key]) => {
    map.entries.delete(key);
    return map;
  }),
  hasKey: define(['map', 'string'], ([map, key]) => map.entries.has(key)),
  pluck: defineVariadic(
    ['string'],
    'map',
    ([key], maps) => new GoList(maps.filter(({ entries }) => entries.has(key)).map(({ entries }) => entries.get(key))),
  ),
  // Go returns keys and values in random order; here both are sorted by key, so that each rendering gives the same file.
  keys: defineVariadic([], 'map', (_fixed, maps) => stringList(maps.flatMap((map) => map.sorted().map(([key]) => key)))),
  values: define(['map'], ([map]) => new GoList(map.sorted().map(([, value]) => value))),
  pick: defineVariadic(['map'], 'string', ([map], keys) => filtered(map, keys, true)),
  omit: defineVariadic(['map'], 'string', ([map], keys) => filtered(map, keys, false)),
  dig: defineVariadic([], 'any', (_fixed, parameters) => dig(parameters)),
  deepCopy: define(['any'], ([value], budget) => copyOf(value, budget)),
  mustDeepCopy: define(['any'], ([value], budget) => copyOf(value, budget)),
};

function dict(values: readonly GoAny[], budget: Budget): GoMap {
  const entries = new Map<string, GoValue>();
  for (let index = 0; index < values.length; index += 2) {
    const value = index + 1 < values.length ? values[index + 1] : '';
    entries.set(textOf(values[index], budget), value);
  }
  return new GoMap(entries);
}

function set(map: GoMap, key: string, value: GoAny): GoMap {
  if (map.isNil) {
    throw failed('assignment to entry in nil map');
  }
  map.entries.set(key, value);
  return map;
}

/** Returns the entries that have one of the keys, or those that do not. */
function filtered(map: GoMap, keys: readonly string[], kept: boolean): GoMap {
  const named = new Set(keys);
  return new GoMap(new Map([...map.entries].filter(([key]) => named.has(key) === kept)));
}

/** Evaluates `dig "a" "b" DEFAULT DICT`. */
function dig(parameters: readonly GoAny[]): GoValue {
  if (parameters.length < 3) {
    throw failed('dig needs at least three arguments');
  }
  const keys = parameters.slice(0, -2);
  const fallback = parameters.at(-2) ?? null;
  let step: GoValue = parameters.at(-1);
  for (const key of keys) {
    if (!(step instanceof GoMap) || step.element !== 'interface {}') {
      throw failed(`dig: ${typeName(step)} is not a dict`);
    }
    if (typeof key !== 'string') {
      throw failed(`dig: a key must be a string, not ${typeName(key)}`);
    }
    if (!step.entries.has(key)) {
      return fallback;
    }
    step = step.entries.get(key);
  }
  return step ?? null;
}

function copyOf(value: GoAny, budget: Budget): GoValue {
  if (value === null) {
    throw failed('deepCopy of nil');
  }
  return deepCopy(value, budget, 0);
}

function deepCopy(value: GoValue, budget: Budget, depth: number): GoValue {
  budget.value(depth);
  if (value instanceof GoList) {
    return new GoList(
      value.items.map((item) => deepCopy(item, budget, depth + 1)),
      value.element,
      value.isNil,
    );
  }
  if (!(value instanceof GoMap)) {
    return value;
  }
  const entries = [...value.entries].map(([key, item]) => [key, deepCopy(item, budget, depth + 1)] as const);
  return new GoMap(new Map(entries), value.element, value.isNil);
}
