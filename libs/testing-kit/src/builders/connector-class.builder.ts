import {
  API_GROUP_VERSION,
  CLASS_PROXY_RESOLVER_ANNOTATION,
  type ConnectorClass,
  type ConnectorClassSpec,
  type ObjectMeta,
} from '@oci-connector/connector-api';

export interface ConnectorClassOptions {
  readonly metadata?: Partial<ObjectMeta>;
  /** Replaces fields of the spec. */
  readonly spec?: Partial<ConnectorClassSpec>;
}

/** Returns a class of protocol `oci` as the API server returns it: three types of Secrets, the probes of the protocol, no configurations. */
export function aConnectorClass(name = 'oci', options: ConnectorClassOptions = {}): ConnectorClass {
  const probeParams = [{ name: 'repository', type: 'string' as const, default: '' }];
  return {
    apiVersion: API_GROUP_VERSION,
    kind: 'ConnectorClass',
    metadata: {
      name,
      uid: `uid-of-class-${name}`,
      resourceVersion: '1',
      generation: 1,
      annotations: { [CLASS_PROXY_RESOLVER_ANNOTATION]: 'path' },
      ...options.metadata,
    },
    spec: {
      protocol: 'oci',
      address: { name: 'address', type: 'string' },
      auth: {
        types: [
          { name: 'tokenAuth', secretType: 'cpaas.io/distribution-registry-token', optional: true },
          { name: 'basicAuth', secretType: 'kubernetes.io/basic-auth', optional: true },
          { name: 'dockerConfig', secretType: 'kubernetes.io/dockerconfigjson', optional: true },
        ],
      },
      livenessProbe: {},
      authProbes: ['tokenAuth', 'basicAuth', 'dockerConfig'].map((authName) => ({ authName, probe: {}, params: probeParams })),
      proxy: { ref: { kind: 'Service', apiVersion: 'v1', name: 'connectors-proxy-service', namespace: 'connectors-system' } },
      ...options.spec,
    },
  };
}
