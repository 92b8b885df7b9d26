import { type Connector } from '@oci-connector/connector-api';
import { type Sensitive } from '@oci-connector/sensitive';
import { proxyAddress, serviceNames } from './proxy-hosts';
import { type VolumeEnvironment, type VolumeRequest } from './volume-request';

/** How clients reach the forward proxy of a volume's Connectors. */
export interface ForwardProxy {
  /** HOST or HOST:PORT. */
  readonly address: string;
  /** The user name: every Connector as `NS%2FNAME`, separated by commas. */
  readonly user: string;
  /** Value of `no_proxy`. */
  readonly noProxy: string;
}

/** Hosts that clients never reach through the proxy. */
const ALWAYS_DIRECT = ['localhost', '127.0.0.1', '::1'];

/**
 * Returns the forward proxy of the volume's Connectors.
 *
 * @throws RenderingError (ConnectorNotServed) when a Connector has no usable address
 */
export function forwardProxy({ connectors: mounted, environment }: VolumeRequest): ForwardProxy {
  const connectors = mounted.map(({ connector }) => connector);
  const [address = ''] = connectors.map(proxyAddress);
  const user = connectors.map(({ metadata }) => `${metadata.namespace}%2F${metadata.name}`).join(',');
  return { address, user, noProxy: noProxy(connectors, address, environment) };
}

/** Returns the URL for `http_proxy` and `https_proxy`. The token needs no percent-encoding. */
export function forwardProxyUrl({ address, user }: ForwardProxy, token: Sensitive): string {
  return `http://${user}:${token.reveal()}@${address}`;
}

/**
 * Returns the hosts that clients must not reach through the forward proxy: the local machine, the API server, and the reverse proxy.
 * Without this list, `http_proxy` and `https_proxy` apply to every host. The rest of the cluster is listed too, unless the registry of a
 * Connector is in the cluster.
 */
function noProxy(connectors: readonly Connector[], address: string, environment: VolumeEnvironment): string {
  const { apiServerHosts, clusterDomain } = environment;
  const services = connectors.flatMap((connector) => serviceNames(connector, environment));
  const cluster = connectors.some((connector) => isInCluster(connector, clusterDomain)) ? [] : ['.svc', `.${clusterDomain}`];
  const own = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return [...new Set([...ALWAYS_DIRECT, ...apiServerHosts, ...services, own, ...cluster])].join(',');
}

/** Reports whether one of the Connector's addresses is a name in the cluster's domain. */
function isInCluster({ spec }: Connector, clusterDomain: string): boolean {
  const addresses = [spec.address, ...(spec.addressExtensions ?? []).map(({ value }) => value)];
  return addresses.some((address) => {
    const host = URL.canParse(address) ? new URL(address).hostname.replace(/\.$/, '') : '';
    return host.endsWith('.svc') || host.endsWith(`.${clusterDomain}`);
  });
}
