import { type Budget } from '../budget';
import { failed, refused } from '../template-problem';
import { GoList, isTrue, stringList, typeName, type GoAny, type GoValue } from '../values/go-value';
import { deepEqual } from '../values/deep-equal';
import { define, defineVariadic, type FunctionTable, type TemplateFunction } from './template-function';
import { textOf, toInt64 } from './casts';
import { stringsOf } from './strings';

/** sprig: lists. Each function returns a new list. */
const PLAIN_LISTS: FunctionTable = {
  append: define(['any', 'any'], ([list, item]) => listOf([...itemsOf(list, 'push'), item])),
  prepend: define(['any', 'any'], ([list, item]) => listOf([item, ...itemsOf(list, 'prepend')])),
  first: define(['any'], ([list]) => itemsOf(list, 'find first')[0] ?? null),
  last: define(['any'], ([list]) => itemsOf(list, 'find last').at(-1) ?? null),
  rest: define(['any'], ([list]) => shortened(itemsOf(list, 'find rest'), 1)),
  initial: define(['any'], ([list]) => shortened(itemsOf(list, 'find initial'), 0, -1)),
  reverse: define(['any'], ([list]) => listOf([...itemsOf(list, 'reverse')].reverse())),
  compact: define(['any'], ([list]) => listOf(itemsOf(list, 'compact').filter(isTrue))),
  uniq: define(['any'], ([list], budget) => listOf(unique(itemsOf(list, 'uniq'), budget))),
  without: defineVariadic(['any'], 'any', ([list], omitted, budget) =>
    listOf(itemsOf(list, 'without').filter((item) => !includes(omitted, item, budget))),
  ),
  has: define(['any', 'any'], ([item, list], budget) => list !== null && includes(itemsOf(list, 'has'), item, budget)),
  slice: defineVariadic(['any'], 'any', ([list], indices) => slice(list, indices)),
  chunk: define(['int', 'any'], ([size, list]) => chunk(size, itemsOf(list, 'chunk'))),
};

export const LISTS: FunctionTable = {
  list: defineVariadic([], 'any', (_fixed, items) => listOf(items)),
  tuple: defineVariadic([], 'any', (_fixed, items) => listOf(items)),
  concat: defineVariadic([], 'any', (_fixed, lists) => concat(lists)),
  join: define(['string', 'any'], ([separator, list], budget) => join(separator, stringsOf(list, budget), budget)),
  sortAlpha: define(['any'], ([list], budget) => sortAlpha(list, budget)),
  toStrings: define(['any'], ([list], budget) => stringList(stringsOf(list, budget))),
  ...PLAIN_LISTS,
  push: PLAIN_LISTS['append'] as TemplateFunction,
  mustPush: PLAIN_LISTS['append'] as TemplateFunction,
  // For a template, the "must" functions do exactly the same.
  ...Object.fromEntries(Object.entries(PLAIN_LISTS).map(([name, run]) => [`must${name.charAt(0).toUpperCase()}${name.slice(1)}`, run])),
};

function listOf(items: GoValue[]): GoList {
  return new GoList(items);
}

function itemsOf(value: GoAny, what: string): GoAny[] {
  if (!(value instanceof GoList)) {
    throw failed(`Cannot ${what} on type ${typeName(value)}`);
  }
  return value.items as GoAny[];
}

/** Returns a part of the list. For an empty list, sprig returns nil. */
function shortened(items: GoAny[], from: number, to?: number): GoList {
  return items.length === 0 ? new GoList([], 'interface {}', true) : listOf(items.slice(from, to));
}

function includes(items: readonly GoAny[], sought: GoAny, budget: Budget): boolean {
  return items.some((item) => deepEqual(sought, item, budget));
}

function unique(items: readonly GoAny[], budget: Budget): GoAny[] {
  const kept: GoAny[] = [];
  for (const item of items) {
    if (!includes(kept, item, budget)) {
      kept.push(item);
    }
  }
  return kept;
}

function slice(list: GoAny, indices: readonly GoAny[]): GoValue {
  const items = itemsOf(list, 'slice');
  if (items.length === 0) {
    return null;
  }
  const [start = 0, end = items.length] = indices.slice(0, 2).map((index) => Number(toInt64(index)));
  if (start < 0 || start > end || end > items.length) {
    throw failed(`slice index out of bounds [${start}:${end}]`);
  }
  return new GoList(items.slice(start, end), (list as GoList).element);
}

function chunk(size: number, items: GoAny[]): GoList {
  if (size < 0) {
    throw refused('chunk of a negative size', 'the size must not be negative');
  }
  if (size === 0) {
    throw failed('chunk: the size must be at least 1');
  }
  const chunks: GoValue[] = [];
  for (let at = 0; at < items.length; at += size) {
    chunks.push(listOf(items.slice(at, at + size)));
  }
  return new GoList(chunks, '[]interface {}');
}

function concat(lists: readonly GoAny[]): GoList {
  const items = lists.flatMap((list) => itemsOf(list, 'concat'));
  return new GoList(items, 'interface {}', items.length === 0);
}

function join(separator: string, texts: readonly string[], budget: Budget): string {
  budget.bytes(texts.reduce((sum, text) => sum + text.length + separator.length, 0));
  return texts.join(separator);
}

/** Sorts a list. Like sprig, it sorts a list of strings in place. */
function sortAlpha(value: GoAny, budget: Budget): GoList {
  if (value instanceof GoList && value.element === 'string') {
    value.items.sort(byBytes(budget));
    return value;
  }
  return stringList(value instanceof GoList ? stringsOf(value, budget).sort(byBytes(budget)) : [textOf(value, budget)]);
}

function byBytes(budget: Budget): (a: GoValue, b: GoValue) => number {
  return (a, b) => {
    const [left, right] = [a as string, b as string];
    budget.bytes(Math.min(left.length, right.length));
    if (left === right) {
      return 0;
    }
    return left < right ? -1 : 1;
  };
}
