import { type Budget } from '../budget';
import { MAX_VALUE_DEPTH } from '../render-limits';
import { exceeded, refused } from '../template-problem';
import { toBytes } from './go-string';
import { GoFloat, goInt, GoList, GoMap, type GoAny, type GoValue } from './go-value';

/** Data for a template: everything that JSON can represent. A key whose value is undefined counts as missing. */
export type TemplateValue =
  string | number | boolean | null | undefined | readonly TemplateValue[] | { readonly [key: string]: TemplateValue };

const MAX_INT64 = 2 ** 63;

/**
 * Copies the data, so that functions may change them, and converts them to Go's types. Go decodes a Kubernetes object to
 * map[string]interface{}, []interface{}, string, bool, int64 and float64 (sigs.k8s.io/json). Only own properties are copied.
 */
export function fromData(value: TemplateValue, budget: Budget, depth = 0): GoAny {
  if (depth > MAX_VALUE_DEPTH) {
    throw exceeded(`data that are nested more than ${MAX_VALUE_DEPTH} deep`);
  }
  budget.value(depth);
  if (value == null || typeof value === 'boolean') {
    return value ?? null;
  }
  if (typeof value === 'string') {
    return fromText(value, budget);
  }
  if (typeof value === 'number') {
    return fromNumber(value);
  }
  return isArray(value) ? new GoList(value.map((item) => fromData(item, budget, depth + 1))) : fromObject(value, budget, depth);
}

function fromText(text: string, budget: Budget): string {
  budget.bytes(text.length);
  return toBytes(text);
}

function fromObject(value: { readonly [key: string]: TemplateValue }, budget: Budget, depth: number): GoMap {
  const entries = new Map<string, GoValue>();
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) {
      entries.set(fromText(key, budget), fromData(item, budget, depth + 1));
    }
  }
  return new GoMap(entries);
}

/** Narrows the type of readonly arrays, which Array.isArray does not. */
function isArray(value: object): value is readonly TemplateValue[] {
  return Array.isArray(value);
}

/**
 * Converts a number as Kubernetes decodes JSON: to int64 if it is written without a fraction and fits, otherwise to float64.
 * The API server writes numbers in their shortest form, so a number without a fraction was an integer.
 */
function fromNumber(value: number): GoAny {
  if (!Number.isFinite(value)) {
    throw refused(`the number ${value}`, 'JSON cannot hold it');
  }
  if (!Number.isInteger(value) || Math.abs(value) >= MAX_INT64) {
    return new GoFloat(value);
  }
  if (!Number.isSafeInteger(value)) {
    throw refused('an integer beyond 2^53', 'its last digits are lost when the JSON is parsed');
  }
  return goInt(value, 'int64');
}
