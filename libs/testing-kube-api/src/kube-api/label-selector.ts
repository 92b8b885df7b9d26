import { type ApiObject } from './api-object';
import { badRequest } from './api-error';
import { asList, asObject, asText, asTexts, isJsonObject } from './json';

type Labels = Readonly<Record<string, string>>;

/** Reports whether an object is selected. */
export type ObjectFilter = (object: ApiObject) => boolean;

const REQUIREMENT = /^\s*(!?)\s*([\w./-]+)\s*(?:(=|==|!=)\s*([\w.-]*)|\s(in|notin)\s*\(([^)]*)\))?\s*$/;

/**
 * Parses the `labelSelector` parameter: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
 *
 * @throws ApiError 400 when the text is not a selector
 */
export function parseLabelSelector(text: string): ObjectFilter {
  const requirements = splitRequirements(text).map(parseRequirement);
  return ({ metadata }) => requirements.every((requirement) => requirement(metadata.labels ?? {}));
}

/** Splits at commas outside parentheses. */
function splitRequirements(text: string): string[] {
  return text.trim() === '' ? [] : text.split(/,(?![^(]*\))/);
}

function parseRequirement(text: string): (labels: Labels) => boolean {
  const match = REQUIREMENT.exec(text);
  if (!match) {
    throw badRequest(`unable to parse requirement: ${text.trim()}`);
  }
  const [, not, key = '', operator, value = '', set, members = ''] = match;
  if (not && (operator ?? set)) {
    throw badRequest(`unable to parse requirement: ${text.trim()}`);
  }
  if (set) {
    return inSet(
      key,
      members.split(',').map((item) => item.trim()),
      set === 'in',
    );
  }
  if (operator) {
    return inSet(key, [value], operator !== '!=');
  }
  return (labels) => Object.hasOwn(labels, key) !== (not === '!');
}

/** Matches labels against a set of values. An absent label is in no set, so `notin` matches it. */
function inSet(key: string, values: readonly string[], wanted: boolean): (labels: Labels) => boolean {
  return (labels) => {
    const value = labels[key];
    return (value !== undefined && values.includes(value)) === wanted;
  };
}

/** Reports whether labels match a selector inside an object (Kubernetes API, `LabelSelector`). */
export function matchesLabelSelector(selector: unknown, labels: Labels = {}): boolean {
  if (!isJsonObject(selector)) {
    return false;
  }
  const equal = Object.entries(asObject(selector['matchLabels'])).every(([key, value]) => labels[key] === value);
  return equal && asList(selector['matchExpressions']).every((item) => matchesExpression(asObject(item), labels));
}

function matchesExpression(expression: Record<string, unknown>, labels: Labels): boolean {
  const key = asText(expression['key']);
  const values = asTexts(expression['values']);
  switch (expression['operator']) {
    case 'In':
      return inSet(key, values, true)(labels);
    case 'NotIn':
      return inSet(key, values, false)(labels);
    case 'Exists':
      return Object.hasOwn(labels, key);
    case 'DoesNotExist':
      return !Object.hasOwn(labels, key);
    default:
      return false;
  }
}
