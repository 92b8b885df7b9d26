import { type Connector, PROXY_CONFIGURATION } from '@oci-connector/connector-api';
import { quoted, type Sensitive } from '@oci-connector/sensitive';
import { DEFAULT_PORTS, proxyAddress, serviceNames } from './proxy-hosts';
import { RenderingError } from './rendering.errors';
import { type VolumeEnvironment, type VolumeRequest } from './volume-request';

/** How clients reach the forward proxy of a volume's Connectors. */
export interface ForwardProxy {
  /** Of the connection between client and proxy. */
  readonly scheme: 'http' | 'https';
  /** HOST:PORT. */
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
 * @throws RenderingError ConnectorNotServed when a Connector has no usable address, ParameterUnknown or ParameterInvalid when a parameter
 * of the proxy is not valid
 */
export function forwardProxy({ connectors: mounted, configurationParams, environment }: VolumeRequest): ForwardProxy {
  const connectors = mounted.map(({ connector }) => connector);
  const scheme = isOverTls(new Map(Object.entries(configurationParams)).get(PROXY_CONFIGURATION) ?? {}) ? 'https' : 'http';
  const [address = ''] = connectors.map((connector) => withPort(proxyAddress(connector, scheme), DEFAULT_PORTS[scheme]));
  const user = connectors.map(({ metadata }) => `${metadata.namespace}%2F${metadata.name}`).join(',');
  return { scheme, address, user, noProxy: noProxy(connectors, address, environment) };
}

/** Returns the URL for `http_proxy` and `https_proxy`. The token needs no percent-encoding. */
export function forwardProxyUrl({ scheme, address, user }: ForwardProxy, token: Sensitive): string {
  return `${scheme}://${user}:${token.reveal()}@${address}`;
}

const TLS = 'tls';

function isOverTls(params: Readonly<Record<string, string>>): boolean {
  const unknown = Object.keys(params).find((name) => name !== TLS);
  if (unknown !== undefined) {
    const message = `configuration.params: ${quoted(PROXY_CONFIGURATION)} has no parameter ${quoted(unknown)}; it has ${TLS}`;
    throw new RenderingError('ParameterUnknown', message);
  }
  const value = new Map(Object.entries(params)).get(TLS) ?? 'false';
  if (value !== 'true' && value !== 'false') {
    const message = `configuration.params: parameter ${quoted(TLS)} of ${quoted(PROXY_CONFIGURATION)} must be one of true, false`;
    throw new RenderingError('ParameterInvalid', message);
  }
  return value === 'true';
}

/** Names the port always: programs that use libcurl assume port 1080 for a proxy without a port. */
function withPort(address: string, port: number): string {
  return /:\d+$/.test(address) ? address : `${address}:${port}`;
}

/**
 * Returns the hosts that clients must not reach through the forward proxy: the local machine, the API server, and the reverse proxy.
 * Without this list, `http_proxy` and `https_proxy` apply to every host. The rest of the cluster is listed too, unless the registry of a
 * Connector is in the cluster. An entry that would keep clients from a Connector's registry is left out.
 */
function noProxy(connectors: readonly Connector[], address: string, environment: VolumeEnvironment): string {
  const { apiServerHosts, clusterDomain } = environment;
  const services = connectors.flatMap((connector) => serviceNames(connector, environment));
  const registries = connectors.flatMap(registryHosts);
  const cluster = ['.svc', `.${clusterDomain}`];
  const isInCluster = registries.some((host) => cluster.some((domain) => covers(domain, host)));
  const own = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  const entries = [...ALWAYS_DIRECT, ...apiServerHosts, ...services, own, ...(isInCluster ? [] : cluster)];
  return [...new Set(entries)].filter((entry) => !registries.some((host) => covers(entry, host))).join(',');
}

/** Returns the hosts of all addresses of the Connector, without port. */
function registryHosts({ spec }: Connector): string[] {
  const addresses = [spec.address, ...(spec.addressExtensions ?? []).map(({ value }) => value)];
  return addresses
    .filter((address) => URL.canParse(address))
    .map((address) => new URL(address).hostname.replace(/\.$/, '').replace(/^\[|\]$/g, ''));
}

/** Whether an entry of `no_proxy` applies to a host: clients apply a name to its subdomains, too. */
function covers(entry: string, host: string): boolean {
  return host === entry || host.endsWith(entry.startsWith('.') ? entry : `.${entry}`);
}
