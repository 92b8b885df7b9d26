import 'reflect-metadata';
import { IsDefined, IsOptional } from 'class-validator';
import { type JsonSchema } from './json-schema';
import { type Rule } from './rule';

/** A class whose fields have the decorators of `fields.ts`, `list-fields.ts` and `object-fields.ts`. */
export type SchemaClass = new () => object;

/** The declaration of one field: its schema, without that of a nested class, and the rules that class-validator does not have. */
export interface Field {
  schema: JsonSchema;
  optional: boolean;
  /** The class of the value, or of each item when the schema is an array. */
  nested?: () => SchemaClass;
  rules: readonly Rule[];
  itemRules: readonly Rule[];
}

/** Options of every field. */
export interface FieldOptions<T = never> {
  /** For `kubectl explain` and the reference documentation. */
  description: string;
  optional?: true;
  rules?: readonly Rule<T>[];
}

const fieldsByClass = new Map<object, Map<string, Field>>();
const rulesByClass = new Map<object, readonly Rule[]>();

/** Returns the declared fields of a class, in the order of their declaration. */
export function fieldsOf(schemaClass: SchemaClass): ReadonlyMap<string, Field> {
  return fieldsByClass.get(schemaClass) ?? new Map<string, Field>();
}

/** Returns the rules on objects of a class as a whole. */
export function rulesOf(schemaClass: SchemaClass): readonly Rule[] {
  return rulesByClass.get(schemaClass) ?? [];
}

/** Declares rules between the fields of a class. */
export function Rules<T extends object>(rules: readonly Rule<T>[]): (target: new () => T) => void {
  return (target) => {
    rulesByClass.set(target, rules);
  };
}

interface Declaration extends FieldOptions {
  schema: JsonSchema;
  nested?: () => SchemaClass;
  itemRules?: readonly Rule[];
  validators: PropertyDecorator[];
}

/** Declares a field once for two uses: class-validator checks the values, and {@link fieldsOf} provides the schema for the CRD. */
export function declareField(declaration: Declaration): PropertyDecorator {
  const { description, optional = false, schema, nested, rules = [], itemRules = [], validators } = declaration;
  const presence = optional ? IsOptional() : IsDefined({ message: 'is required' });
  return (target, property) => {
    const fields = fieldsByClass.get(target.constructor) ?? new Map<string, Field>();
    fieldsByClass.set(target.constructor, fields);
    fields.set(String(property), { schema: { description, ...schema }, optional, nested, rules, itemRules });
    for (const validator of [presence, ...validators]) {
      validator(target, property);
    }
  };
}

/** Declares a field of every object that is not in the schema: `apiVersion`, `kind` and `metadata`, which the API server checks. */
export function BuiltIn(validator: PropertyDecorator): PropertyDecorator {
  return (target, property) => {
    IsDefined({ message: 'is required' })(target, property);
    validator(target, property);
  };
}
