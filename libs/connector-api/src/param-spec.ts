import { AnyValue, Choice, Text } from './fields';
import { TextList } from './list-fields';
import { NestedMap, StringMap } from './object-fields';
import { PARAM_NAME_MAX } from './named-value';

/** The types that a parameter may have. */
export const PARAM_TYPES = ['string', 'array', 'object'] as const;
export type ParamType = (typeof PARAM_TYPES)[number];

/** The type of one property of a parameter of type object. */
export class PropertySpec {
  @Choice(PARAM_TYPES, { description: 'Type of the property.', optional: true })
  type?: ParamType;
}

/** A parameter that a class declares and that its Connectors set. */
export class ParamSpec {
  @Text({ description: 'Name of the parameter.', minLength: 1, maxLength: PARAM_NAME_MAX })
  name!: string;

  @Choice(PARAM_TYPES, { description: 'Type of its value.', default: 'string', optional: true })
  type?: ParamType;

  @Text({ description: 'Description for display.', maxLength: 4096, optional: true })
  description?: string;

  @AnyValue({ description: 'Value if the Connector or volume gives none. A parameter without default is required.', optional: true })
  default?: unknown;

  @TextList({
    description: 'The allowed values. If empty, all values are allowed.',
    maxItems: 128,
    itemMaxLength: 1024,
    listType: 'atomic',
    optional: true,
  })
  enum?: string[];

  @NestedMap(() => PropertySpec, { description: 'The properties of a value of type object.', maxProperties: 64, optional: true })
  properties?: Record<string, PropertySpec>;

  @StringMap({ description: 'Hints for user interfaces.', maxProperties: 64, valueMaxLength: 4096, optional: true })
  annotations?: Record<string, string>;
}

/** Whether a Connector must give a value. */
export function isRequiredParam(param: ParamSpec): boolean {
  return param.default === undefined;
}
