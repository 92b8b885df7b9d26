import { Flag, Text } from './fields';
import { NestedList } from './list-fields';
import { Nested, OpaqueObject, StringMap } from './object-fields';
import { PARAMS_MAX, UNIQUE_NAMES } from './named-value';
import { ParamSpec } from './param-spec';
import { Probe } from './probe';

/** The most authentication types of a class. */
export const AUTH_TYPES_MAX = 16;

/** The longest name of an authentication type, in characters. */
export const AUTH_NAME_MAX = 253;

/** The longest Rego module, in characters. */
export const REGO_MAX = 65_536;

/** One way for the Connectors of a class to authenticate at their address. */
export class AuthType {
  @Text({
    description: 'Name of the type. A Connector chooses the type by this name in spec.auth.name.',
    minLength: 1,
    maxLength: AUTH_NAME_MAX,
  })
  name!: string;

  @Text({ description: 'Name for display.', maxLength: 253, optional: true })
  displayName?: string;

  @Text({ description: 'Description for display.', maxLength: 4096, optional: true })
  description?: string;

  @StringMap({ description: 'Hints for user interfaces.', maxProperties: 64, valueMaxLength: 4096, optional: true })
  annotations?: Record<string, string>;

  @Text({ description: 'Type that the Secret must have, such as kubernetes.io/basic-auth.', maxLength: 253, optional: true })
  secretType?: string;

  @Flag({ description: 'Whether a Connector may have no Secret.', default: false, optional: true })
  optional?: boolean;

  @NestedList(() => ParamSpec, {
    description: 'Parameters of this type, for spec.auth.params of a Connector.',
    maxItems: PARAMS_MAX,
    listType: 'atomic',
    rules: [UNIQUE_NAMES],
    optional: true,
  })
  params?: ParamSpec[];

  @OpaqueObject({
    description: 'Rego that makes a request from the Secret. Stored, but not supported: such a class is not Ready.',
    properties: { rego: { type: 'string', maxLength: REGO_MAX, description: 'Module of package proxy.' } },
    optional: true,
  })
  generator?: { rego?: string };
}

/** How the controller checks whether a credential is accepted. */
export class AuthProbe {
  @Text({ description: 'Name of the authentication type that it checks.', minLength: 1, maxLength: AUTH_NAME_MAX })
  authName!: string;

  @NestedList(() => ParamSpec, {
    description: 'Parameters of the probe, for spec.auth.params of a Connector.',
    maxItems: PARAMS_MAX,
    listType: 'atomic',
    rules: [UNIQUE_NAMES],
    optional: true,
  })
  params?: ParamSpec[];

  @Nested(() => Probe, { description: 'The probe.' })
  probe!: Probe;
}
