import { proxyResolverOf, type Connector, type ConnectorClass, type ConnectorProxyStatus } from '@oci-connector/connector-api';
import { connectorUrls, type Installation } from '../installation';

/** `status.proxy` of a served Connector; the https address as soon as there is an authority that a client can trust. */
export function proxyAddresses(
  connector: Connector,
  connectorClass: ConnectorClass,
  { installation, caBundle }: { installation: Installation; caBundle: string | undefined },
): ConnectorProxyStatus {
  const { name, namespace = '' } = connector.metadata;
  const { audience } = installation;
  const urls = connectorUrls({ namespace, name }, proxyResolverOf(connectorClass), installation);
  return {
    httpAddress: { url: urls.http, audience },
    ...(caBundle && { httpsAddress: { url: urls.https, CACerts: caBundle, audience } }),
  };
}
