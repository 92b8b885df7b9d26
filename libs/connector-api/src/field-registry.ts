import 'reflect-metadata';
import { IsDefined, IsOptional } from 'class-validator';
import { type JsonSchema } from './json-schema';
import { type Rule } from './rule';

/** A class whose fields carry the decorators of `fields.ts` and its neighbours. */
export type SchemaClass = new () => object;

/** What is known of one field: its schema, without that of a nested class, and the rules that class-validator has not. */
export interface Field {
  schema: JsonSchema;
  optional: boolean;
  /** The class of the value, or of each item when the schema is an array. */
  nested?: () => SchemaClass;
  rules: readonly Rule[];
  itemRules: readonly Rule[];
}

/** What every field has. */
export interface FieldOptions<T = never> {
  /** For `kubectl explain` and the reference documentation. */
  description: string;
  optional?: true;
  rules?: readonly Rule<T>[];
}

const fieldsByClass = new Map<object, Map<string, Field>>();
const rulesByClass = new Map<object, readonly Rule[]>();

/** The declared fields of a class, in the order of their declaration. */
export function fieldsOf(schemaClass: SchemaClass): ReadonlyMap<string, Field> {
  return fieldsByClass.get(schemaClass) ?? new Map<string, Field>();
}

/** The rules on objects of a class as a whole. */
export function rulesOf(schemaClass: SchemaClass): readonly Rule[] {
  return rulesByClass.get(schemaClass) ?? [];
}

/** Rules between the fields of a class. */
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

/** One declaration, two readers: class-validator checks the values, {@link fieldsOf} feeds the CRD. */
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

/** Part of every object but not of its schema: `apiVersion`, `kind` and `metadata`, which the API server checks. */
export function BuiltIn(validator: PropertyDecorator): PropertyDecorator {
  return (target, property) => {
    IsDefined({ message: 'is required' })(target, property);
    validator(target, property);
  };
}
