import { Type } from 'class-transformer';
import { IsObject, ValidateBy, ValidateNested } from 'class-validator';
import { declareField, type FieldOptions, type SchemaClass } from './field-registry';
import { type JsonSchema } from './json-schema';

/** Declares an object of another class. */
export function Nested(nested: () => SchemaClass, options: FieldOptions & { schema?: JsonSchema }): PropertyDecorator {
  return declareField({
    ...options,
    schema: { type: 'object', ...options.schema },
    nested,
    validators: [IsObject({ message: 'must be an object' }), ValidateNested({ message: 'must be an object' }), Type(nested)],
  });
}

interface StringMapOptions extends FieldOptions {
  maxProperties: number;
  /** The longest value, in characters. */
  valueMaxLength: number;
}

/** Declares an object whose values are strings. */
export function StringMap(options: StringMapOptions): PropertyDecorator {
  return declareField({
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
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const values = Object.values(value);
  return values.length <= limits.maxProperties && values.every((item) => typeof item === 'string' && item.length <= limits.valueMaxLength);
}

/** Declares an object whose values are objects of another class. */
export function NestedMap(nested: () => SchemaClass, options: FieldOptions & { maxProperties: number }): PropertyDecorator {
  return declareField({
    ...options,
    schema: { type: 'object', maxProperties: options.maxProperties, additionalProperties: { type: 'object' } },
    nested,
    validators: [
      IsObject({ message: 'must be an object' }),
      ValidateBy({ name: 'objectMap', validator: { validate: isObjectMap } }, { message: 'must have objects as its values' }),
    ],
  });
}

function isObjectMap(value: unknown): boolean {
  return Object.values(value ?? {}).every((item) => typeof item === 'object' && item !== null);
}

/** Declares an object that is stored unchanged; `properties` documents the expected fields. */
export function OpaqueObject(options: FieldOptions & { properties: Record<string, JsonSchema> }): PropertyDecorator {
  return declareField({
    ...options,
    schema: { type: 'object', properties: options.properties, 'x-kubernetes-preserve-unknown-fields': true },
    validators: [IsObject({ message: 'must be an object' })],
  });
}
