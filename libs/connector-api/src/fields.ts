import { IsBoolean, IsIn, IsInt, IsString, MaxLength, MinLength } from 'class-validator';
import { declareField, type FieldOptions } from './field-registry';

interface TextOptions extends FieldOptions<string> {
  minLength?: number;
  maxLength: number;
  format?: 'date-time';
}

const IS_STRING = { message: 'must be a string' };

/** Declares a string. Its length must be limited, because the API server estimates the cost of rules by it. */
export function Text(options: TextOptions): PropertyDecorator {
  const { minLength, maxLength, format } = options;
  const validators = [IsString(IS_STRING), MaxLength(maxLength, { message: `must have at most ${maxLength} characters` })];
  if (minLength !== undefined) {
    validators.push(MinLength(minLength, { message: 'must not be empty' }));
  }
  return declareField({
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

/** Declares one of several strings. */
export function Choice(values: readonly string[], options: FieldOptions & { default?: string }): PropertyDecorator {
  return declareField({
    ...options,
    schema: {
      type: 'string',
      ...(options.default !== undefined && { default: options.default }),
      enum: values,
    },
    validators: [IsIn([...values], { message: `must be one of ${values.join(', ')}` })],
  });
}

/** Declares a boolean. */
export function Flag(options: FieldOptions & { default?: boolean }): PropertyDecorator {
  return declareField({
    ...options,
    schema: { type: 'boolean', ...(options.default !== undefined && { default: options.default }) },
    validators: [IsBoolean({ message: 'must be true or false' })],
  });
}

/** Declares a 64-bit whole number. */
export function Whole(options: FieldOptions): PropertyDecorator {
  return declareField({
    ...options,
    schema: { type: 'integer', format: 'int64' },
    validators: [IsInt({ message: 'must be a whole number' })],
  });
}

/** Declares a field with any JSON value. The API server stores it unchanged, and no rule can read it. */
export function AnyValue(options: FieldOptions): PropertyDecorator {
  return declareField({ ...options, schema: { 'x-kubernetes-preserve-unknown-fields': true }, validators: [] });
}
