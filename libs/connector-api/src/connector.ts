import { IsIn } from 'class-validator';
import { ADDRESS_MAX, ADDRESS_RULE, ORIGIN_MAX, ORIGIN_RULE } from './address-grammar';
import { Addressable } from './addressable';
import { API_GROUP_VERSION } from './api-group';
import { AUTH_NAME_MAX } from './auth-type';
import { Condition } from './condition';
import { BuiltIn, Rules } from './field-registry';
import { Text, Whole } from './fields';
import { NestedList, TextList } from './list-fields';
import { Nested, StringMap } from './object-fields';
import { AddressExtension, NamedValue, PARAMS_MAX, UNIQUE_NAMES } from './named-value';
import { CONNECTOR_NAME_MAX, DNS_LABEL_PATTERN, DNS_SUBDOMAIN_MAX, DNS_SUBDOMAIN_PATTERN, isConnectorName } from './names';
import { Metadata, type ObjectMeta } from './object-meta';
import { LocalReference, ObjectReference } from './object-reference';
import { celString, rule } from './rule';

const CLASS_NAME = rule<string>({
  cel: `self.matches(${celString(DNS_SUBDOMAIN_PATTERN)})`,
  message: 'must be the name of a ConnectorClass, such as oci: lower-case letters, digits, - and .',
  holds: (name) => new RegExp(DNS_SUBDOMAIN_PATTERN).test(name),
});

const SECRET_KIND = rule<ObjectReference>({
  cel: '!has(self.kind) || self.kind == "Secret"',
  message: 'must be Secret, or be left out',
  fieldPath: '.kind',
  holds: ({ kind }) => kind === undefined || kind === 'Secret',
});

/** How a Connector authenticates at its address. */
export class ConnectorAuth {
  @Text({
    description: "Name of one of the class's authentication types, such as tokenAuth.",
    minLength: 1,
    maxLength: AUTH_NAME_MAX,
  })
  name!: string;

  @Nested(() => ObjectReference, {
    description:
      'The Secret with the credential, in the namespace of the Connector. Without it the address is used anonymously, if the class allows it.',
    schema: { 'x-kubernetes-map-type': 'atomic' },
    rules: [SECRET_KIND],
    optional: true,
  })
  secretRef?: ObjectReference;

  @NestedList(() => NamedValue, {
    description: 'Values of the parameters of the authentication type and of its probe.',
    maxItems: PARAMS_MAX,
    listType: 'atomic',
    rules: [UNIQUE_NAMES],
    optional: true,
  })
  params?: NamedValue[];

  @TextList({
    description:
      'Exact origins (https://HOST[:PORT]) of token servers that may receive the credential. The origin of spec.address and the known token servers of public registries are always trusted.',
    maxItems: 16,
    itemMaxLength: ORIGIN_MAX,
    itemRules: [ORIGIN_RULE],
    listType: 'set',
    optional: true,
  })
  trustedRealms?: string[];
}

/** The desired state of a Connector. */
@Rules<ConnectorSpec>([
  rule({
    cel: '!has(self.addressExtensions) || self.addressExtensions.all(e, e.value != self.address)',
    message: 'must differ from spec.address, which is served anyway; remove it',
    fieldPath: '.addressExtensions',
    holds: ({ address, addressExtensions = [] }) => addressExtensions.every(({ value }) => value !== address),
  }),
  rule({
    cel: '!has(self.auth) || !has(self.auth.trustedRealms) || self.address.startsWith("http://") || self.auth.trustedRealms.all(r, r.startsWith("https://"))',
    message: 'must begin with https://; http is possible only where spec.address itself begins with http://',
    fieldPath: '.auth.trustedRealms',
    holds: ({ address, auth }) =>
      address.startsWith('http://') || (auth?.trustedRealms ?? []).every((realm) => realm.startsWith('https://')),
  }),
])
export class ConnectorSpec {
  @Text({
    description: 'Name of the ConnectorClass, such as oci.',
    maxLength: DNS_SUBDOMAIN_MAX,
    rules: [CLASS_NAME],
  })
  connectorClassName!: string;

  @Text({
    description:
      'URL of the tool, such as https://registry.example.com/team. Its path is put before the path of every request; for a registry, before the name of every repository. For a registry, a v2 at the beginning of the path is ignored.',
    maxLength: ADDRESS_MAX,
    rules: [ADDRESS_RULE],
  })
  address!: string;

  @NestedList(() => AddressExtension, {
    description: 'Further addresses that use the same credential. The class must declare them.',
    maxItems: PARAMS_MAX,
    listType: 'atomic',
    rules: [UNIQUE_NAMES],
    optional: true,
  })
  addressExtensions?: AddressExtension[];

  @Nested(() => ConnectorAuth, { description: 'How to authenticate to the address.', optional: true })
  auth?: ConnectorAuth;

  @Nested(() => LocalReference, {
    description: 'Secret with certificates (keys *.crt or *.pem) that are trusted for the address, in addition to the well-known ones.',
    optional: true,
  })
  caCertSecretRef?: LocalReference;

  @NestedList(() => NamedValue, {
    description: 'Values of the parameters that the class declares.',
    maxItems: PARAMS_MAX,
    listType: 'atomic',
    rules: [UNIQUE_NAMES],
    optional: true,
  })
  params?: NamedValue[];
}

/** The addresses of a Connector at the proxy. */
export class ConnectorProxyStatus {
  @Nested(() => Addressable, { description: 'The address for http.', optional: true })
  httpAddress?: Addressable;

  @Nested(() => Addressable, {
    description: "The address for https, with the authority that signs the proxy's certificate.",
    optional: true,
  })
  httpsAddress?: Addressable;
}

/** The Connectors API. Not served. */
export class ConnectorApiStatus {
  @Text({ description: 'Path of the Connectors API; not served.', maxLength: 2048, optional: true })
  path?: string;
}

/** The status of a Connector, which the controller writes. */
export class ConnectorStatus {
  @Whole({ description: 'The metadata.generation of the object for which the controller wrote this status.', optional: true })
  observedGeneration?: number;

  @NestedList(() => Condition, {
    description: 'The conditions of the object.',
    maxItems: 32,
    listType: 'map',
    key: 'type',
    optional: true,
  })
  conditions?: Condition[];

  @StringMap({ description: 'Further information, for user interfaces.', maxProperties: 64, valueMaxLength: 4096, optional: true })
  annotations?: Record<string, string>;

  @Nested(() => ConnectorProxyStatus, { description: 'The addresses of the Connector at the proxy.', optional: true })
  proxy?: ConnectorProxyStatus;

  @Nested(() => ConnectorApiStatus, { description: 'The Connectors API; not served.', optional: true })
  api?: ConnectorApiStatus;
}

/** A tool, such as a registry, that workloads use without access to its credential. */
@Rules<Connector>([
  rule({
    cel: `self.metadata.name.size() <= ${CONNECTOR_NAME_MAX} && self.metadata.name.matches(${celString(DNS_LABEL_PATTERN)})`,
    message: `metadata.name must be a DNS label (lower-case letters, digits and -) of at most ${CONNECTOR_NAME_MAX} characters, because its Service is called c-NAME`,
    holds: ({ metadata }) => isConnectorName(metadata.name),
  }),
])
export class Connector {
  @BuiltIn(IsIn([API_GROUP_VERSION], { message: `must be ${API_GROUP_VERSION}` }))
  apiVersion!: string;

  @BuiltIn(IsIn(['Connector'], { message: 'must be Connector' }))
  kind!: string;

  @Metadata()
  metadata!: ObjectMeta;

  @Nested(() => ConnectorSpec, { description: 'The desired state.' })
  spec!: ConnectorSpec;

  @Nested(() => ConnectorStatus, { description: 'The observed state, written by the controller.', optional: true })
  status?: ConnectorStatus;
}
