import { type Budget } from '../budget';
import { MAX_VALUE_DEPTH } from '../render-limits';
import { exceeded, refused } from '../template-problem';
import { toBytes } from './go-string';
import { GoFloat, goInt, GoList, GoMap, type GoAny, type GoValue } from './go-value';

/** What templates can be given: what JSON can hold. A key whose value is undefined is a missing key. */
export type TemplateValue =
  string | number | boolean | null | undefined | readonly TemplateValue[] | { readonly [key: string]: TemplateValue };

const MAX_INT64 = 2 ** 63;

/**
 * A copy of the data in which functions may write, with the types that Go has them in: a Kubernetes object is decoded to
 * map[string]interface{}, []interface{}, string, bool, int64 and float64 (sigs.k8s.io/json). Only own properties.
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

/** Array.isArray does not narrow readonly arrays. */
function isArray(value: object): value is readonly TemplateValue[] {
  return Array.isArray(value);
}

/**
 * Kubernetes decodes a JSON number to int64 if it is written without fraction and fits, else to float64. The API server
 * writes numbers in their shortest form, so an integral number here was an integer there.
 */
function fromNumber(value: number): GoAny {
  if (!Number.isFinite(value)) {
    throw refused(`the number ${value}`, 'JSON cannot hold it');
  }
  if (!Number.isInteger(value) || Math.abs(value) >= MAX_INT64) {
    return new GoFloat(value);
  }
  if (!Number.isSafeInteger(value)) {
    throw refused('an integer beyond 2^53', 'its last digits are lost when JSON is read');
  }
  return goInt(value, 'int64');
}
