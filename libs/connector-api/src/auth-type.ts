import { Flag, Text } from './fields';
import { NestedList } from './list-fields';
import { Nested, OpaqueObject, StringMap } from './object-fields';
import { PARAMS_MAX, UNIQUE_NAMES } from './named-value';
import { ParamSpec } from './param-spec';
import { Probe } from './probe';

/** Most authentication types of a class. */
export const AUTH_TYPES_MAX = 16;

/** Longest name of an authentication type, in characters. */
export const AUTH_NAME_MAX = 253;

/** Longest Rego module, in characters. */
export const REGO_MAX = 65_536;

/** One way for the Connectors of a class to authenticate at their address. */
export class AuthType {
  @Text({ description: 'What spec.auth.name of a Connector says to choose it.', minLength: 1, maxLength: AUTH_NAME_MAX })
  name!: string;

  @Text({ description: 'Name for people.', maxLength: 253, optional: true })
  displayName?: string;

  @Text({ description: 'What it is, for people.', maxLength: 4096, optional: true })
  description?: string;

  @StringMap({ description: 'Hints for user interfaces.', maxProperties: 64, valueMaxLength: 4096, optional: true })
  annotations?: Record<string, string>;

  @Text({ description: 'Type that the Secret has to have, such as kubernetes.io/basic-auth.', maxLength: 253, optional: true })
  secretType?: string;

  @Flag({ description: 'Whether a Connector may go without a Secret.', default: false, optional: true })
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
    description: 'Rego that makes a request out of the Secret. Stored, not supported: such a class is not Ready.',
    properties: { rego: { type: 'string', maxLength: REGO_MAX, description: 'Module of package proxy.' } },
    optional: true,
  })
  generator?: { rego?: string };
}

/** How to find out whether a credential is accepted. */
export class AuthProbe {
  @Text({ description: 'Name of the authentication type it is for.', minLength: 1, maxLength: AUTH_NAME_MAX })
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
