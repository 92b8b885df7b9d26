import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  MinLength,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { type JsonSchema } from './json-schema';
import { type Rule } from './rule';

/** A class whose fields carry the decorators of this file. */
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
interface FieldOptions<T = never> {
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
function declare(declaration: Declaration): PropertyDecorator {
  const { description, optional = false, schema, nested, rules = [], itemRules = [], validators } = declaration;
  const presence = optional ? IsOptional() : IsDefined({ message: 'is required' });
  return (target, property) => {
    const fields = fieldsByClass.get(target.constructor) ?? new Map<string, Field>();
    fieldsByClass.set(target.constructor, fields);
    fields.set(String(property), { schema: { description, ...schema }, optional, nested, rules, itemRules });
    for (const validator of [presence, ...validators]) validator(target, property);
  };
}

interface TextOptions extends FieldOptions<string> {
  minLength?: number;
  maxLength: number;
  format?: 'date-time';
}

const IS_STRING = { message: 'must be a string' };

/** A string. Its length is limited, as the API server's estimate of what a rule costs wants it. */
export function Text(options: TextOptions): PropertyDecorator {
  const { minLength, maxLength, format } = options;
  const validators = [IsString(IS_STRING), MaxLength(maxLength, { message: `must have at most ${maxLength} characters` })];
  if (minLength !== undefined) validators.push(MinLength(minLength, { message: 'must not be empty' }));
  return declare({
    ...options,
    schema: {
      type: 'string',
      ...(minLength !== undefined && { minLength }),
      maxLength,
      ...(format && { format }),
    },
    validators,
  });
}

/** One of a few strings. */
export function Choice(values: readonly string[], options: FieldOptions & { default?: string }): PropertyDecorator {
  return declare({
    ...options,
    schema: {
      type: 'string',
      ...(options.default !== undefined && { default: options.default }),
      enum: values,
    },
    validators: [IsIn([...values], { message: `must be one of ${values.join(', ')}` })],
  });
}

/** True or false. */
export function Flag(options: FieldOptions & { default?: boolean }): PropertyDecorator {
  return declare({
    ...options,
    schema: { type: 'boolean', ...(options.default !== undefined && { default: options.default }) },
    validators: [IsBoolean({ message: 'must be true or false' })],
  });
}

/** A 64-bit whole number. */
export function Whole(options: FieldOptions): PropertyDecorator {
  return declare({
    ...options,
    schema: { type: 'integer', format: 'int64' },
    validators: [IsInt({ message: 'must be a whole number' })],
  });
}

/** An object of another class. */
export function Nested(
  nested: () => SchemaClass,
  options: FieldOptions & { schema?: JsonSchema },
): PropertyDecorator {
  return declare({
    ...options,
    schema: { type: 'object', ...options.schema },
    nested,
    validators: [
      IsObject({ message: 'must be an object' }),
      ValidateNested({ message: 'must be an object' }),
      Type(nested),
    ],
  });
}

/** How a list merges: as a whole, or item by item under a key (Kubernetes: merge strategy). */
type ListType = { listType: 'atomic' } | { listType: 'map'; key: string };

function listSchema(options: ListType & { maxItems: number }): JsonSchema {
  return {
    type: 'array',
    maxItems: options.maxItems,
    'x-kubernetes-list-type': options.listType,
    ...(options.listType === 'map' && { 'x-kubernetes-list-map-keys': [options.key] }),
  };
}

function listValidators(maxItems: number): PropertyDecorator[] {
  return [IsArray({ message: 'must be a list' }), ArrayMaxSize(maxItems, { message: `must have at most ${maxItems} items` })];
}

/** The API server refuses a list-map with a key twice by itself, with no rule. */
function uniqueKey(key: string): PropertyDecorator {
  return ArrayUnique((item: Record<string, unknown> | undefined) => item?.[key], {
    message: `must not have two items with the same ${key}; remove one`,
  });
}

/** A list of objects of another class. */
export function NestedList<T extends object>(
  nested: () => new () => T,
  options: FieldOptions<readonly T[]> & ListType & { maxItems: number },
): PropertyDecorator {
  return declare({
    ...options,
    schema: listSchema(options),
    nested,
    validators: [
      ...listValidators(options.maxItems),
      ...(options.listType === 'map' ? [uniqueKey(options.key)] : []),
      IsObject({ each: true, message: 'must be a list of objects' }),
      ValidateNested({ each: true, message: 'must be a list of objects' }),
      Type(nested),
    ],
  });
}

interface TextListOptions extends FieldOptions<readonly string[]> {
  maxItems: number;
  itemMaxLength: number;
  /** What each item has to keep. */
  itemRules?: readonly Rule<string>[];
  /** `set`: no item twice. */
  listType: 'atomic' | 'set';
}

/** A list of strings. */
export function TextList(options: TextListOptions): PropertyDecorator {
  const { maxItems, itemMaxLength, itemRules = [], listType } = options;
  return declare({
    ...options,
    schema: {
      type: 'array',
      maxItems,
      'x-kubernetes-list-type': listType,
      items: { type: 'string', maxLength: itemMaxLength },
    },
    itemRules,
    validators: [
      ...listValidators(maxItems),
      ...(listType === 'set' ? [ArrayUnique({ message: 'must not have an item twice; remove one' })] : []),
      IsString({ each: true, message: 'must be a list of strings' }),
      MaxLength(itemMaxLength, { each: true, message: `must have items of at most ${itemMaxLength} characters` }),
    ],
  });
}

interface StringMapOptions extends FieldOptions {
  maxProperties: number;
  /** Longest value, in characters. */
  valueMaxLength: number;
}

/** An object whose values are strings. */
export function StringMap(options: StringMapOptions): PropertyDecorator {
  return declare({
    ...options,
    schema: {
      type: 'object',
      maxProperties: options.maxProperties,
      additionalProperties: { type: 'string', maxLength: options.valueMaxLength },
    },
    validators: [
      IsObject({ message: 'must be an object' }),
      ValidateBy(
        { name: 'stringMap', validator: { validate: (value) => isStringMap(value, options) } },
        { message: `must have at most ${options.maxProperties} entries, each a string of at most ${options.valueMaxLength} characters` },
      ),
    ],
  });
}

function isStringMap(value: unknown, limits: StringMapOptions): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const values = Object.values(value);
  return (
    values.length <= limits.maxProperties &&
    values.every((item) => typeof item === 'string' && item.length <= limits.valueMaxLength)
  );
}

/** An object whose values are objects of another class. */
export function NestedMap(
  nested: () => SchemaClass,
  options: FieldOptions & { maxProperties: number },
): PropertyDecorator {
  return declare({
    ...options,
    schema: { type: 'object', maxProperties: options.maxProperties, additionalProperties: { type: 'object' } },
    nested,
    validators: [
      IsObject({ message: 'must be an object' }),
      ValidateBy(
        { name: 'objectMap', validator: { validate: isObjectMap } },
        { message: 'must have objects as its values' },
      ),
    ],
  });
}

function isObjectMap(value: unknown): boolean {
  return Object.values(value ?? {}).every((item) => typeof item === 'object' && item !== null);
}

/** Any JSON value. The API server keeps it as it is; no rule can look into it. */
export function AnyValue(options: FieldOptions): PropertyDecorator {
  return declare({ ...options, schema: { 'x-kubernetes-preserve-unknown-fields': true }, validators: [] });
}

/** An object that is stored as it is; `properties` documents what is expected in it. */
export function OpaqueObject(options: FieldOptions & { properties: Record<string, JsonSchema> }): PropertyDecorator {
  return declare({
    ...options,
    schema: { type: 'object', properties: options.properties, 'x-kubernetes-preserve-unknown-fields': true },
    validators: [IsObject({ message: 'must be an object' })],
  });
}

/** Part of every object but not of its schema: `apiVersion`, `kind` and `metadata`, which the API server checks. */
export function BuiltIn(validator: PropertyDecorator): PropertyDecorator {
  return (target, property) => {
    IsDefined({ message: 'is required' })(target, property);
    validator(target, property);
  };
}
