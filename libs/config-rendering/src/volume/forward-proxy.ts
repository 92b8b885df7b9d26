import { type Connector } from '@oci-connector/connector-api';
import { type Sensitive } from '@oci-connector/sensitive';
import { proxyAddress, serviceNames } from './proxy-hosts';
import { type VolumeEnvironment, type VolumeRequest } from './volume-request';

/** How clients reach the forward proxy of a volume's Connectors. */
export interface ForwardProxy {
  /** HOST or HOST:PORT. */
  readonly address: string;
  /** The user of the login: every Connector as `NS%2FNAME`. */
  readonly user: string;
  /** Value of `no_proxy`. */
  readonly noProxy: string;
}

/**
 * Most Connectors that a volume may be for; whoever reads its attributes refuses more. All are named in the Proxy-Authorization header, with at most 126 characters each and a third
 * more in base64: some 5.5 KiB, which with a token of 1 to 2 KiB fits the 8 KiB that clients and load balancers allow a line.
 */
export const CONNECTORS_MAX = 32;

/** Never through a proxy, whatever is mounted. */
const ALWAYS_DIRECT = ['localhost', '127.0.0.1', '::1'];

/** @throws RenderingError (ConnectorNotServed) */
export function forwardProxy({ connectors: mounted, environment }: VolumeRequest): ForwardProxy {
  const connectors = mounted.map(({ connector }) => connector);
  const [address = ''] = connectors.map(proxyAddress);
  const user = connectors.map(({ metadata }) => `${metadata.namespace}%2F${metadata.name}`).join(',');
  return { address, user, noProxy: noProxy(connectors, address, environment) };
}

/** The URL for `http_proxy` and `https_proxy`; the token consists of characters that a URL has as they are. */
export function forwardProxyUrl({ address, user }: ForwardProxy, token: Sensitive): string {
  return `http://${user}:${token.reveal()}@${address}`;
}

/**
 * What must not go through the forward proxy, though `http_proxy` and `https_proxy` are for every host: this machine, the API server,
 * and the reverse proxy itself. The rest of the cluster too, unless a registry that a Connector is for lies in it.
 */
function noProxy(connectors: readonly Connector[], address: string, environment: VolumeEnvironment): string {
  const { apiServerHosts, clusterDomain } = environment;
  const services = connectors.flatMap((connector) => serviceNames(connector, environment));
  const cluster = connectors.some((connector) => isInCluster(connector, clusterDomain)) ? [] : ['.svc', `.${clusterDomain}`];
  const own = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return [...new Set([...ALWAYS_DIRECT, ...apiServerHosts, ...services, own, ...cluster])].join(',');
}

/** Whether one of the Connector's addresses has a name of the cluster. */
function isInCluster({ spec }: Connector, clusterDomain: string): boolean {
  const addresses = [spec.address, ...(spec.addressExtensions ?? []).map(({ value }) => value)];
  return addresses.some((address) => {
    const host = URL.canParse(address) ? new URL(address).hostname.replace(/\.$/, '') : '';
    return host.endsWith('.svc') || host.endsWith(`.${clusterDomain}`);
  });
}
