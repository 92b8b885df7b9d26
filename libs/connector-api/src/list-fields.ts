import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayUnique, IsArray, IsObject, IsString, MaxLength, ValidateNested } from 'class-validator';
import { declareField, type FieldOptions } from './field-registry';
import { type JsonSchema } from './json-schema';
import { type Rule } from './rule';

/** How a list is merged: as a whole, or item by item under a key (Kubernetes: merge strategy). */
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

/** Checks that keys are unique. The API server checks this for lists of type map without a rule. */
function uniqueKey(key: string): PropertyDecorator {
  return ArrayUnique((item: Record<string, unknown> | undefined) => item?.[key], {
    message: `must not have two items with the same ${key}; remove one`,
  });
}

/** Declares a list of objects of another class. */
export function NestedList<T extends object>(
  nested: () => new () => T,
  options: FieldOptions<readonly T[]> & ListType & { maxItems: number },
): PropertyDecorator {
  return declareField({
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
  /** Rules on each item. */
  itemRules?: readonly Rule<string>[];
  /** `set`: no item occurs twice. */
  listType: 'atomic' | 'set';
}

/** Declares a list of strings. */
export function TextList(options: TextListOptions): PropertyDecorator {
  const { maxItems, itemMaxLength, itemRules = [], listType } = options;
  return declareField({
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
