import {
  API_GROUP_VERSION,
  type Connector,
  type ConnectorAuth,
  type ConnectorSpec,
  type ConnectorStatus,
  type ObjectMeta,
} from '@oci-connector/connector-api';

export interface ConnectorOptions {
  /** Default `registry`. */
  readonly name?: string;
  /** Default `default`. */
  readonly namespace?: string;
  /** Default https://registry.example.com. */
  readonly address?: string;
  /** Name of the class; default `oci`. */
  readonly className?: string;
  /** Adds `spec.auth` with this Secret. */
  readonly secretName?: string;
  /** Default `tokenAuth` when there is a Secret or a trusted realm. */
  readonly authName?: string;
  readonly trustedRealms?: readonly string[];
  /** Replaces fields of the spec that the other options set. */
  readonly spec?: Partial<ConnectorSpec>;
  readonly metadata?: Partial<ObjectMeta>;
  readonly status?: ConnectorStatus;
}

/** Returns a valid Connector, as the API server returns it. */
export function aConnector(options: ConnectorOptions = {}): Connector {
  const { name = 'registry', namespace = 'default' } = options;
  const auth = authOf(options);
  return {
    apiVersion: API_GROUP_VERSION,
    kind: 'Connector',
    metadata: { name, namespace, uid: `uid-of-${namespace}-${name}`, resourceVersion: '1', generation: 1, ...options.metadata },
    spec: {
      connectorClassName: options.className ?? 'oci',
      address: options.address ?? 'https://registry.example.com',
      ...(auth === undefined ? {} : { auth }),
      ...options.spec,
    },
    ...(options.status === undefined ? {} : { status: options.status }),
  };
}

function authOf({ authName, secretName, trustedRealms }: ConnectorOptions): ConnectorAuth | undefined {
  if (authName === undefined && secretName === undefined && trustedRealms === undefined) {
    return undefined;
  }
  return {
    name: authName ?? 'tokenAuth',
    ...(secretName === undefined ? {} : { secretRef: { name: secretName } }),
    ...(trustedRealms === undefined ? {} : { trustedRealms: [...trustedRealms] }),
  };
}
