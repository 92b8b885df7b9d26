import { connectorHostNames, type Connector } from '@oci-connector/connector-api';
import { RenderingError } from './rendering.errors';
import { type VolumeEnvironment } from './volume-request';

/** Hosts at which clients reach the proxy for some Connectors: HOST or HOST:PORT, as in image names, without duplicates. */
export interface ProxyHosts {
  /** The hosts for http and https. */
  readonly hosts: readonly string[];
  readonly httpHosts: readonly string[];
  readonly httpsHosts: readonly string[];
}

/** Ports that an address need not name. */
export const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/** A DNS name or IP address, with or without port. URL.host allows other characters, such as quotes, which must not get into files. */
const HOST = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:\d{1,5})?$/;

/**
 * Returns every name that a client may use for the hosts of these Connectors: the names of the Services, and the host in
 * `status.proxy`. If the installation sets a base URL, all Connectors share that host.
 */
export function proxyHosts(connectors: readonly Connector[], environment: VolumeEnvironment): ProxyHosts {
  const httpHosts = unique(connectors.flatMap((connector) => httpHostsOf(connector, environment)));
  const httpsHosts = unique(connectors.flatMap((connector) => httpsHostsOf(connector, environment)));
  return { hosts: unique([...httpHosts, ...httpsHosts]), httpHosts, httpsHosts };
}

/**
 * Returns the host of `status.proxy.httpAddress.url` or `httpsAddress.url`, with its port unless that is the default.
 *
 * @throws RenderingError (ConnectorNotServed) when the controller has not written it yet
 */
export function proxyAddress(connector: Connector, scheme: 'http' | 'https' = 'http'): string {
  const url = connector.status?.proxy?.[`${scheme}Address`]?.url;
  return url === undefined ? notServed(connector, `status.proxy.${scheme}Address.url`) : hostOf(url, connector);
}

/** Returns the names of the Connector's Service, without port. */
export function serviceNames({ metadata }: Connector, { clusterDomain }: VolumeEnvironment): string[] {
  const { name, namespace = '' } = metadata;
  return connectorHostNames({ namespace, name, clusterDomain });
}

function httpHostsOf(connector: Connector, environment: VolumeEnvironment): string[] {
  const { proxyHttpPort } = environment;
  const suffix = proxyHttpPort === DEFAULT_PORTS.http ? '' : `:${proxyHttpPort}`;
  return [...serviceNames(connector, environment).map((name) => name + suffix), proxyAddress(connector)];
}

function httpsHostsOf(connector: Connector, environment: VolumeEnvironment): string[] {
  const { proxyHttpsPort } = environment;
  const suffix = proxyHttpsPort === DEFAULT_PORTS.https ? '' : `:${proxyHttpsPort}`;
  const names = serviceNames(connector, environment).map((name) => name + suffix);
  const url = connector.status?.proxy?.httpsAddress?.url;
  return url === undefined ? names : [...names, hostOf(url, connector)];
}

function notServed({ metadata: { namespace, name } }: Connector, field: string): never {
  const message = `Connector ${namespace}/${name} has no address yet (${field}); see the conditions in the output of "kubectl describe connector ${name} --namespace ${namespace}"`;
  throw new RenderingError('ConnectorNotServed', message);
}

function hostOf(url: string, { metadata }: Connector): string {
  const host = URL.canParse(url) ? new URL(url).host : '';
  if (HOST.test(host)) {
    return host;
  }
  const message = `Connector ${metadata.namespace}/${metadata.name} has an address in status.proxy that is not a URL with a host; the controller writes it, so check the controller's log`;
  throw new RenderingError('ConnectorNotServed', message);
}

function unique(hosts: readonly string[]): string[] {
  return [...new Set(hosts)];
}
