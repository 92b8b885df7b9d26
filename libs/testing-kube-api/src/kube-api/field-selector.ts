import { badRequest } from './api-error';
import { at, asText } from './json';
import { type ObjectFilter } from './label-selector';
import { type ResourceDefinition } from './resource-definition';

/** One term of a field selector. */
export interface FieldTerm {
  readonly field: string;
  readonly value: string;
  readonly equal: boolean;
}

const TERM = /^\s*([\w.]+)\s*(!=|==|=)(.*)$/;

/**
 * Parses the `fieldSelector` parameter: `metadata.name=x,type!=y`.
 *
 * @throws ApiError 400 when the text is not a selector
 */
export function parseFieldTerms(text: string): FieldTerm[] {
  if (text.trim() === '') {
    return [];
  }
  return text.split(',').map((term) => {
    const match = TERM.exec(term);
    if (!match) {
      throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    }
    return { field: match[1] ?? '', equal: match[2] !== '!=', value: match[3] ?? '' };
  });
}

/**
 * Returns a filter for the terms.
 *
 * @throws ApiError 400 when this type does not support a field
 */
export function fieldFilter(terms: readonly FieldTerm[], definition: ResourceDefinition): ObjectFilter {
  const supported = ['metadata.name', 'metadata.namespace', ...definition.selectableFields];
  for (const { field } of terms) {
    if (!supported.includes(field)) {
      throw badRequest(`field label not supported: ${field}`);
    }
  }
  return (object) => terms.every(({ field, value, equal }) => (fieldValue(object, field) === value) === equal);
}

/** Returns the name that a selector requires, if any: RBAC treats such a list or watch as a request for that name. */
export function selectedName(terms: readonly FieldTerm[]): string | undefined {
  return terms.find(({ field, equal }) => field === 'metadata.name' && equal)?.value;
}

/** Returns the value of a field. For an Event, `source` means its component. */
function fieldValue(object: object, field: string): string {
  const path = field === 'source' ? ['source', 'component'] : field.split('.');
  const value = at(object, ...path);
  return typeof value === 'boolean' || typeof value === 'number' ? String(value) : asText(value);
}
