import { type Connector, type ConnectorProxyStatus } from '@oci-connector/connector-api';
import { connectorUrls, type Installation } from '../installation';

/** The forms of an address: the host or the path names the Connector. */
export const PROXY_RESOLVERS = ['host', 'path'] as const;

export type ProxyResolver = (typeof PROXY_RESOLVERS)[number];

/** Returns `status.proxy` of a served Connector. The https address is present once there is a CA that clients can trust. */
export function proxyAddresses(
  connector: Connector,
  resolver: ProxyResolver,
  { installation, caBundle }: { installation: Installation; caBundle: string | undefined },
): ConnectorProxyStatus {
  const { name, namespace = '' } = connector.metadata;
  const { audience } = installation;
  const urls = connectorUrls({ namespace, name }, resolver, installation);
  return {
    httpAddress: { url: urls.http, audience },
    ...(caBundle && { httpsAddress: { url: urls.https, CACerts: caBundle, audience } }),
  };
}
