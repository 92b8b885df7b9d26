import { IsIn } from 'class-validator';
import { API_GROUP_VERSION, CLASS_PROXY_RESOLVER_ANNOTATION } from './api-group';
import { AuthProbe, AUTH_TYPES_MAX, AuthType } from './auth-type';
import { CLASS_API_PROPERTIES, type ConnectorClassApi } from './class-api';
import { ClassConfiguration } from './class-configuration';
import { ConnectorClassHttp } from './class-http';
import { ConnectorClassStatus } from './class-status';
import { ProxyDestination } from './destination';
import { BuiltIn, Rules } from './field-registry';
import { Choice } from './fields';
import { NestedList } from './list-fields';
import { PARAMS_MAX, UNIQUE_NAMES } from './named-value';
import { Nested, OpaqueObject } from './object-fields';
import { Metadata, type ObjectMeta } from './object-meta';
import { ParamSpec } from './param-spec';
import { isProtocolProbe, Probe } from './probe';
import { type Protocol, PROTOCOL_NAMES, PROTOCOLS, protocolTraits } from './protocols';
import { rule } from './rule';

const DEFAULT_PROTOCOL: Protocol = 'http';

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

const PROBED = PROTOCOL_NAMES.filter((name) => PROTOCOLS[name].hasOwnProbes);
const HAS_OWN_PROBES = PROBED.map((name) => `self.protocol == "${name}"`).join(' || ');
const NO_PROBE = `must have http: only protocol ${PROBED.join(' or ')} has a probe of its own, which an empty probe stands for`;

function hasOwnProbes({ protocol = DEFAULT_PROTOCOL }: ConnectorClassSpec): boolean {
  return protocolTraits(protocol)?.hasOwnProbes ?? false;
}

/** The desired state of a ConnectorClass. */
@Rules<ConnectorClassSpec>([
  rule({
    cel: `${HAS_OWN_PROBES} || !has(self.livenessProbe) || has(self.livenessProbe.http) || has(self.livenessProbe.api)`,
    message: NO_PROBE,
    fieldPath: '.livenessProbe',
    holds: (spec) => hasOwnProbes(spec) || !spec.livenessProbe || !isProtocolProbe(spec.livenessProbe),
  }),
  rule({
    cel: `${HAS_OWN_PROBES} || !has(self.authProbes) || self.authProbes.all(a, has(a.probe.http) || has(a.probe.api))`,
    message: NO_PROBE,
    fieldPath: '.authProbes',
    holds: (spec) => hasOwnProbes(spec) || (spec.authProbes ?? []).every(({ probe }) => !isProtocolProbe(probe)),
  }),
  rule({
    cel: '!has(self.authProbes) || (has(self.auth) && has(self.auth.types) && self.authProbes.all(a, self.auth.types.exists(t, t.name == a.authName)))',
    message: 'must have an authName that is the name of one of spec.auth.types',
    fieldPath: '.authProbes',
    holds: ({ auth, authProbes }) => (authProbes ?? []).every(({ authName }) => (auth?.types ?? []).some(({ name }) => name === authName)),
  }),
  rule({
    cel: '!has(self.http) || self.protocol == "http"',
    message: 'must be absent: it is about protocol http only; remove it, or set protocol: http',
    fieldPath: '.http',
    holds: ({ http, protocol = 'http' }) => !http || protocol === 'http',
  }),
])
export class ConnectorClassSpec {
  @Choice(PROTOCOL_NAMES, {
    description: `Which handler of the proxy serves its Connectors: ${PROTOCOL_NAMES.map((name) => `${name} for ${PROTOCOLS[name].serves}`).join(', ')}.`,
    default: DEFAULT_PROTOCOL,
    optional: true,
  })
  protocol?: Protocol;

  @Nested(() => ConnectorClassHttp, { description: 'What services of protocol http can do besides plain requests.', optional: true })
  http?: ConnectorClassHttp;

  @Nested(() => ParamSpec, { description: 'Declares spec.address of a Connector, as a parameter.', rules: [ONLY_STRING], optional: true })
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
    description: 'The parameters that a Connector may or must set in spec.params.',
    maxItems: PARAMS_MAX,
    listType: 'atomic',
    rules: [UNIQUE_NAMES],
    optional: true,
  })
  params?: ParamSpec[];

  @Nested(() => ConnectorClassAuth, { description: 'How Connectors authenticate.', optional: true })
  auth?: ConnectorClassAuth;

  @Nested(() => Probe, { description: 'How the controller checks whether the address answers.', optional: true })
  livenessProbe?: Probe;

  @NestedList(() => AuthProbe, {
    description: 'How the controller checks whether the credential is accepted, for each authentication type.',
    maxItems: AUTH_TYPES_MAX,
    listType: 'map',
    key: 'authName',
    optional: true,
  })
  authProbes?: AuthProbe[];

  @NestedList(() => ClassConfiguration, {
    description: 'Client configurations that a volume can request.',
    maxItems: PARAMS_MAX,
    listType: 'atomic',
    rules: [UNIQUE_NAMES],
    optional: true,
  })
  configurations?: ClassConfiguration[];

  @Nested(() => ProxyDestination, {
    description:
      'The proxy Service of this installation. Without it, Connectors of the class have no Service, and the proxy does not serve them.',
    optional: true,
  })
  proxy?: ProxyDestination;

  @OpaqueObject({
    description: 'The API of the tool. Stored, but never called.',
    properties: CLASS_API_PROPERTIES,
    optional: true,
  })
  api?: ConnectorClassApi;
}

/** A kind of tool: what its Connectors need, how they are probed, and which protocol the proxy uses. */
export class ConnectorClass {
  @BuiltIn(IsIn([API_GROUP_VERSION], { message: `must be ${API_GROUP_VERSION}` }))
  apiVersion!: string;

  @BuiltIn(IsIn(['ConnectorClass'], { message: 'must be ConnectorClass' }))
  kind!: string;

  @Metadata()
  metadata!: ObjectMeta;

  @Nested(() => ConnectorClassSpec, { description: 'The desired state.' })
  spec!: ConnectorClassSpec;

  @Nested(() => ConnectorClassStatus, { description: 'The observed state, written by the controller.', optional: true })
  status?: ConnectorClassStatus;
}

/** Returns the protocol of a class, also when the class was read from a file and has no defaults yet. */
export function protocolOf(connectorClass: ConnectorClass): Protocol {
  return connectorClass.spec.protocol ?? DEFAULT_PROTOCOL;
}

/** Returns whether the addresses of a class name the connector in their host or in their path. */
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
