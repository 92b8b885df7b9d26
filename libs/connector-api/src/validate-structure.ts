import { plainToInstance } from 'class-transformer';
import { useContainer, type ValidationError, validateSync } from 'class-validator';
import { type SchemaClass } from './field-registry';
import { type FieldProblem, joinPath } from './field-problem';

/** The rules by their classes. class-validator itself would search a list of all rules for each check. */
const rules = new Map<unknown, unknown>();

useContainer({
  get<T>(ruleClass: (new () => T) | (() => T)): T {
    const rule = rules.get(ruleClass) ?? new (ruleClass as new () => T)();
    rules.set(ruleClass, rule);
    return rule as T;
  },
});

/** Returns all problems of an object's fields, types, lengths and patterns, by class-validator. */
export function validateStructure(schemaClass: SchemaClass, value: object): FieldProblem[] {
  const errors = validateSync(plainToInstance(schemaClass, value), {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
  });
  return errors.flatMap((error) => toProblems(error, ''));
}

function toProblems(error: ValidationError, parent: string): FieldProblem[] {
  const path = joinPath(parent, error.property);
  const own = Object.entries(error.constraints ?? {}).map(([constraint, message]) => ({
    path,
    message: constraint === 'whitelistValidation' ? 'is not a known field; correct its name or remove it' : message,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => toProblems(child, path))];
}
