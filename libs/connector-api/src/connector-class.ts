import { IsIn } from 'class-validator';
import { Addressable } from './addressable';
import { API_GROUP_VERSION, CLASS_PROXY_RESOLVER_ANNOTATION } from './api-group';
import { AuthProbe, AUTH_TYPES_MAX, AuthType, REGO_MAX } from './auth-type';
import { Condition } from './condition';
import { type DestinationReference, ProxyDestination } from './destination';
import { BuiltIn, Choice, Nested, NestedList, OpaqueObject, Rules, StringMap, Text, Whole } from './fields';
import { type JsonSchema } from './json-schema';
import { PARAM_NAME_MAX, PARAMS_MAX, UNIQUE_NAMES } from './named-value';
import { Metadata, type ObjectMeta } from './object-meta';
import { ParamSpec } from './param-spec';
import { isProtocolProbe, Probe } from './probe';
import { rule } from './rule';

/** The protocols that the proxy has a handler for. */
export const PROTOCOLS = ['oci', 'http'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Files for the clients of a tool, made from templates. */
export class ClassConfiguration {
  @Text({ description: 'What configuration.names of a volume says to get it.', minLength: 1, maxLength: PARAM_NAME_MAX })
  name!: string;

  @StringMap({ description: 'Hints for user interfaces.', maxProperties: 64, valueMaxLength: 4096, optional: true })
  annotations?: Record<string, string>;

  @StringMap({
    description: 'Go templates by file name.',
    maxProperties: 64,
    valueMaxLength: 65_536,
    optional: true,
  })
  data?: Record<string, string>;

  @NestedList(() => ParamSpec, {
    description: 'Parameters of the templates, for configuration.params of a volume.',
    maxItems: PARAMS_MAX,
    listType: 'atomic',
    rules: [UNIQUE_NAMES],
    optional: true,
  })
  params?: ParamSpec[];
}

const STRING = { type: 'string', maxLength: 2048 } as const;

/** The documented fields of `spec.api`; whatever else is in it is kept as it is. */
const CLASS_API_PROPERTIES: Record<string, JsonSchema> = {
  ref: {
    type: 'object',
    description: 'The Service of the API.',
    required: ['kind', 'name'],
    properties: { kind: STRING, name: STRING, namespace: STRING, apiVersion: STRING, group: STRING, address: STRING },
  },
  uri: { ...STRING, description: 'URL of the API; below that of ref when both are given.' },
  CACerts: { type: 'string', maxLength: 262_144, description: 'Certificates of the API, in PEM form.' },
  audience: { ...STRING, description: 'Audience of the tokens for the API.' },
  openapi: { 'x-kubernetes-preserve-unknown-fields': true, description: 'OpenAPI document of the API.' },
  permissions: {
    type: 'object',
    description: 'Rego that finds the verb of a request.',
    properties: { rego: { type: 'string', maxLength: REGO_MAX, description: 'Module of package permissions.' } },
    'x-kubernetes-preserve-unknown-fields': true,
  },
};

/** The API of a tool. Stored, never called. */
export interface ConnectorClassApi {
  ref?: DestinationReference;
  uri?: string;
  CACerts?: string;
  audience?: string;
  openapi?: unknown;
  permissions?: { rego?: string };
}

/** How the Connectors of a class authenticate. */
export class ConnectorClassAuth {
  @NestedList(() => AuthType, {
    description: 'The ways to authenticate.',
    maxItems: AUTH_TYPES_MAX,
    listType: 'map',
    key: 'name',
    optional: true,
  })
  types?: AuthType[];
}

const ONLY_STRING = rule<ParamSpec>({
  cel: 'self.type == "string"',
  message: 'must be string; an address has no other type',
  fieldPath: '.type',
  holds: ({ type = 'string' }) => type === 'string',
});

const ONLY_STRINGS = rule<readonly ParamSpec[]>({
  cel: 'self.all(p, p.type == "string")',
  message: 'must have type string in every item; an address has no other type',
  holds: (params) => params.every(({ type = 'string' }) => type === 'string'),
});

const NO_PROBE = 'must have http: only protocol oci has a probe of its own, which an empty probe stands for';

/** What a kind of tool is like. */
@Rules<ConnectorClassSpec>([
  rule({
    cel: 'self.protocol == "oci" || !has(self.livenessProbe) || has(self.livenessProbe.http) || has(self.livenessProbe.api)',
    message: NO_PROBE,
    fieldPath: '.livenessProbe',
    holds: ({ protocol, livenessProbe }) => protocol === 'oci' || !livenessProbe || !isProtocolProbe(livenessProbe),
  }),
  rule({
    cel: 'self.protocol == "oci" || !has(self.authProbes) || self.authProbes.all(a, has(a.probe.http) || has(a.probe.api))',
    message: NO_PROBE,
    fieldPath: '.authProbes',
    holds: ({ protocol, authProbes = [] }) => protocol === 'oci' || authProbes.every(({ probe }) => !isProtocolProbe(probe)),
  }),
  rule({
    cel: '!has(self.authProbes) || (has(self.auth) && has(self.auth.types) && self.authProbes.all(a, self.auth.types.exists(t, t.name == a.authName)))',
    message: 'must have an authName that is the name of one of spec.auth.types',
    fieldPath: '.authProbes',
    holds: ({ auth, authProbes = [] }) =>
      authProbes.every(({ authName }) => (auth?.types ?? []).some(({ name }) => name === authName)),
  }),
])
export class ConnectorClassSpec {
  @Choice(PROTOCOLS, {
    description: 'Which handler of the proxy serves its Connectors: oci for registries, http for any other HTTP service.',
    default: 'http',
    optional: true,
  })
  protocol?: Protocol;

  @Nested(() => ParamSpec, { description: 'The parameter that spec.address of a Connector is.', rules: [ONLY_STRING], optional: true })
  address?: ParamSpec;

  @NestedList(() => ParamSpec, {
    description: 'The further addresses that a Connector may have.',
    maxItems: PARAMS_MAX,
    listType: 'atomic',
    rules: [UNIQUE_NAMES, ONLY_STRINGS],
    optional: true,
  })
  addressExtensions?: ParamSpec[];

  @NestedList(() => ParamSpec, {
    description: 'The parameters of a Connector.',
    maxItems: PARAMS_MAX,
    listType: 'atomic',
    rules: [UNIQUE_NAMES],
    optional: true,
  })
  params?: ParamSpec[];

  @Nested(() => ConnectorClassAuth, { description: 'How Connectors authenticate.', optional: true })
  auth?: ConnectorClassAuth;

  @Nested(() => Probe, { description: 'How to find out whether the address answers.', optional: true })
  livenessProbe?: Probe;

  @NestedList(() => AuthProbe, {
    description: 'How to find out whether the credential is accepted, by authentication type.',
    maxItems: AUTH_TYPES_MAX,
    listType: 'map',
    key: 'authName',
    optional: true,
  })
  authProbes?: AuthProbe[];

  @NestedList(() => ClassConfiguration, {
    description: 'Client configurations that a volume can have.',
    maxItems: PARAMS_MAX,
    listType: 'atomic',
    rules: [UNIQUE_NAMES],
    optional: true,
  })
  configurations?: ClassConfiguration[];

  @Nested(() => ProxyDestination, {
    description: "The proxy Service of this installation. Without it there is no Service and the proxy does not serve the class.",
    optional: true,
  })
  proxy?: ProxyDestination;

  @OpaqueObject({
    description: 'The API of the tool. Stored, never called.',
    properties: CLASS_API_PROPERTIES,
    optional: true,
  })
  api?: ConnectorClassApi;
}

/** Where the proxy of a class is. */
export class ClassProxyStatus {
  @Nested(() => Addressable, { description: 'Through http.', optional: true })
  httpAddress?: Addressable;
}

/** Where the API of a class is. */
export class ClassApiStatus {
  @Nested(() => Addressable, { description: 'Its address.', optional: true })
  address?: Addressable;
}

/** What the controller found. */
export class ConnectorClassStatus {
  @Whole({ description: 'The metadata.generation that this status was found for.', optional: true })
  observedGeneration?: number;

  @NestedList(() => Condition, {
    description: 'The aspects of its state.',
    maxItems: 32,
    listType: 'map',
    key: 'type',
    optional: true,
  })
  conditions?: Condition[];

  @StringMap({ description: 'Further information.', maxProperties: 64, valueMaxLength: 4096, optional: true })
  annotations?: Record<string, string>;

  @Nested(() => ClassProxyStatus, { description: 'Where the proxy is.', optional: true })
  proxy?: ClassProxyStatus;

  @Nested(() => ClassApiStatus, { description: 'Where the API is.', optional: true })
  api?: ClassApiStatus;
}

/** A kind of tool: what its Connectors need, how they are probed, and how the proxy speaks to it. */
export class ConnectorClass {
  @BuiltIn(IsIn([API_GROUP_VERSION], { message: `must be ${API_GROUP_VERSION}` }))
  apiVersion!: string;

  @BuiltIn(IsIn(['ConnectorClass'], { message: 'must be ConnectorClass' }))
  kind!: string;

  @Metadata()
  metadata!: ObjectMeta;

  @Nested(() => ConnectorClassSpec, { description: 'What the kind of tool is like.' })
  spec!: ConnectorClassSpec;

  @Nested(() => ConnectorClassStatus, { description: 'What the controller found.', optional: true })
  status?: ConnectorClassStatus;
}

/** The protocol of a class, also when it was read from a file and has no defaults yet. */
export function protocolOf(connectorClass: ConnectorClass): Protocol {
  return connectorClass.spec.protocol ?? 'http';
}

/** Whether the addresses of a class carry the connector in their host or in their path. */
export function proxyResolverOf(connectorClass: ConnectorClass): 'host' | 'path' {
  return connectorClass.metadata.annotations?.[CLASS_PROXY_RESOLVER_ANNOTATION] === 'path' ? 'path' : 'host';
}

/** Whether a class contains Rego, which is not implemented. */
export function needsRego({ spec }: ConnectorClass): boolean {
  return spec.proxy?.authExtractor !== undefined || (spec.auth?.types ?? []).some(({ generator }) => generator !== undefined);
}

/** Whether a probe of a class calls its API, which is not implemented. */
export function needsApi({ spec }: ConnectorClass): boolean {
  return [spec.livenessProbe, ...(spec.authProbes ?? []).map(({ probe }) => probe)].some((probe) => probe?.api !== undefined);
}
