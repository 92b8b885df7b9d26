import { type Field, fieldsOf, rulesOf, type SchemaClass } from './field-registry';
import { type FieldProblem, joinPath } from './field-problem';
import { type Rule } from './rule';

/** Whether the value at a path has no structural problem. */
type IsSound = (path: string) => boolean;

/**
 * Checks the rules that the API server has as CEL. As in the API server, a rule is checked only for a value with a valid structure, so that
 * it can rely on the types of the fields.
 */
export function validateRules(schemaClass: SchemaClass, value: object, structural: readonly FieldProblem[]): FieldProblem[] {
  // The rules on a whole Connector concern only its name, so they are checked even when spec has problems.
  const isSound: IsSound = (path) => !structural.some((problem) => isWithin(problem.path, path === '' ? 'metadata' : path));
  return objectProblems(schemaClass, value, { path: '', isSound });
}

function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}.`) || path.startsWith(`${parent}[`);
}

interface Place {
  path: string;
  isSound: IsSound;
}

function objectProblems(schemaClass: SchemaClass, value: object, place: Place): FieldProblem[] {
  const problems = broken(rulesOf(schemaClass), value, place);
  for (const [name, field] of fieldsOf(schemaClass)) {
    const child: unknown = (value as Record<string, unknown>)[name];
    if (child === undefined || child === null) {
      continue;
    }
    problems.push(...fieldProblems(field, child, { ...place, path: joinPath(place.path, name) }));
  }
  return problems;
}

function fieldProblems(field: Field, value: unknown, place: Place): FieldProblem[] {
  const problems = broken(field.rules, value, place);
  if (!Array.isArray(value)) {
    return [...problems, ...nestedProblems(field, value, place)];
  }
  const items = value.flatMap((item: unknown, index) => {
    const itemPlace = { ...place, path: joinPath(place.path, index) };
    return [...broken(field.itemRules, item, itemPlace), ...nestedProblems(field, item, itemPlace)];
  });
  return [...problems, ...items];
}

function nestedProblems({ nested, schema }: Field, value: unknown, place: Place): FieldProblem[] {
  if (!nested || schema.additionalProperties || typeof value !== 'object' || value === null) {
    return [];
  }
  return objectProblems(nested(), value, place);
}

function broken(rules: readonly Rule[], value: unknown, { path, isSound }: Place): FieldProblem[] {
  if (rules.length === 0 || !isSound(path)) {
    return [];
  }
  return rules.flatMap((rule) => {
    // The value's structure is valid, so the value has the type that the rule was declared for.
    const message = rule.broken(value as never);
    return message === undefined ? [] : [{ path: `${path}${rule.fieldPath ?? ''}`.replace(/^\./, ''), message }];
  });
}
