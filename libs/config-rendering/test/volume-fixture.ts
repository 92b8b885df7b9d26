import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { Sensitive } from '@oci-connector/sensitive';
import { aConnector, aConnectorClass } from '@oci-connector/testing-kit';
import { parseYaml, readDocument } from './documents';
import { type MountedConnector, type VolumeRequest } from '../src/volume/volume-request';

export const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjaSJ9.c2lnbmF0dXJl';

const certificate = (text: string) => `-----BEGIN CERTIFICATE-----\n${Buffer.from(text).toString('base64')}\n-----END CERTIFICATE-----\n`;

/** Texts in the form of certificates; no code under test parses their content. */
export const OLD_CA = certificate('the authority before');
export const CA = certificate('the authority');
export const PUBLIC_ROOT = certificate('a public authority');

/** Returns a Connector with the status that the controller writes: reached through its Service, or through `base` and its path. */
export function aServedConnector(
  name: string,
  options: { namespace?: string; base?: string; address?: string; className?: string } = {},
): Connector {
  const { namespace = 'default', base, ...rest } = options;
  const inside = `c-${name}.${namespace}.svc.cluster.local`;
  const path = `/namespaces/${namespace}/connectors/${name}`;
  const http = base ?? `http://${inside}`;
  return aConnector({
    name,
    namespace,
    ...rest,
    status: {
      proxy: { httpAddress: { url: http + path }, httpsAddress: { url: http.replace('http:', 'https:').replace(':8080', ':8443') + path } },
    },
  });
}

/** Returns a class with these configurations. */
export function aClassWith(name: string, configurations: ConnectorClass['spec']['configurations']): ConnectorClass {
  return aConnectorClass('oci', { metadata: { name }, spec: { configurations } });
}

/** The class `oci` as it ships, with its configurations. */
export const SHIPPED_CLASS = parseYaml(readDocument('deploy/chart/files/class-oci.yaml'))[0] as ConnectorClass;

export function mounted(connector: Connector, connectorClass = SHIPPED_CLASS): MountedConnector {
  return { connector, connectorClass };
}

/** Returns the request for a volume, by default of the Connector `default/hub` of class oci. */
export function aVolume(options: Partial<VolumeRequest> = {}): VolumeRequest {
  return {
    connectors: [mounted(aServedConnector('hub'))],
    configurationNames: [],
    excludedFiles: [],
    configurationParams: {},
    token: new Sensitive(TOKEN),
    caCertificates: CA,
    ...options,
    environment: {
      publicRoots: PUBLIC_ROOT,
      clusterDomain: 'cluster.local',
      apiServerHosts: ['10.96.0.1', 'kubernetes.default.svc'],
      proxyHttpPort: 80,
      proxyHttpsPort: 443,
      ...options.environment,
    },
  };
}
