import { AnyValue, Text } from './fields';
import { ADDRESS_MAX, ADDRESS_RULE } from './address-grammar';
import { rule } from './rule';

/** The longest name of a parameter, in characters. */
export const PARAM_NAME_MAX = 253;

/** The most parameters in a list. Short lists keep the API server's cost estimate of uniqueness rules low. */
export const PARAMS_MAX = 32;

/** A value for a parameter that the class declares. */
export class NamedValue {
  @Text({ description: 'Name of the parameter, as the class declares it.', minLength: 1, maxLength: PARAM_NAME_MAX })
  name!: string;

  @AnyValue({ description: 'Value of the parameter, of the type that the class declares.' })
  value!: unknown;
}

/** A further address that may receive the credential. */
export class AddressExtension {
  @Text({ description: 'Name of the address, as the class declares it.', minLength: 1, maxLength: PARAM_NAME_MAX })
  name!: string;

  @Text({ description: 'The address, in the same form as spec.address.', maxLength: ADDRESS_MAX, rules: [ADDRESS_RULE] })
  value!: string;
}

/** No two items of the list have the same name. */
export const UNIQUE_NAMES = rule<readonly { name: string }[]>({
  cel: 'self.all(a, self.exists_one(b, b.name == a.name))',
  message: 'must not have two items with the same name; remove one',
  holds: (items) => new Set(items.map(({ name }) => name)).size === items.length,
});
