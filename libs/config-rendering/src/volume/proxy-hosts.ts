import { connectorHostNames, type Connector } from '@oci-connector/connector-api';
import { RenderingError } from './rendering.errors';
import { type VolumeEnvironment } from './volume-request';

/** Where the proxy is reached for some Connectors: HOST or HOST:PORT, as image names have it, each once. */
export interface ProxyHosts {
  /** All of them. */
  readonly hosts: readonly string[];
  readonly httpHosts: readonly string[];
  readonly httpsHosts: readonly string[];
}

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/** A DNS name or IP address, with or without port. URL.host allows more, such as quotes, which files must not be made from. */
const HOST = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:\d{1,5})?$/;

/**
 * Every name by which a client may write the hosts of these Connectors: the names of the Services and, where the
 * installation has a base URL of its own, that of `status.proxy`, which all Connectors then share.
 */
export function proxyHosts(connectors: readonly Connector[], environment: VolumeEnvironment): ProxyHosts {
  const httpHosts = unique(connectors.flatMap((connector) => httpHostsOf(connector, environment)));
  const httpsHosts = unique(connectors.flatMap((connector) => httpsHostsOf(connector, environment)));
  return { hosts: unique([...httpHosts, ...httpsHosts]), httpHosts, httpsHosts };
}

/**
 * The host of `status.proxy.httpAddress.url`, with its port unless that is 80.
 *
 * @throws RenderingError (ConnectorNotServed) while the controller has not written it
 */
export function proxyAddress(connector: Connector): string {
  const url = connector.status?.proxy?.httpAddress?.url;
  const { namespace, name } = connector.metadata;
  if (url === undefined) {
    const message = `Connector ${namespace}/${name} has no address yet (status.proxy.httpAddress.url): see the conditions of "kubectl describe connector ${name} --namespace ${namespace}"`;
    throw new RenderingError('ConnectorNotServed', message);
  }
  return hostOf(url, connector);
}

/** The names of the Connector's Service, without port. */
export function serviceNames({ metadata }: Connector, { clusterDomain }: VolumeEnvironment): string[] {
  const { name, namespace = '' } = metadata;
  return connectorHostNames({ namespace, name, clusterDomain });
}

function httpHostsOf(connector: Connector, environment: VolumeEnvironment): string[] {
  const { proxyHttpPort } = environment;
  const suffix = proxyHttpPort === HTTP_PORT ? '' : `:${proxyHttpPort}`;
  return [...serviceNames(connector, environment).map((name) => name + suffix), proxyAddress(connector)];
}

function httpsHostsOf(connector: Connector, environment: VolumeEnvironment): string[] {
  const { proxyHttpsPort } = environment;
  const suffix = proxyHttpsPort === HTTPS_PORT ? '' : `:${proxyHttpsPort}`;
  const names = serviceNames(connector, environment).map((name) => name + suffix);
  const url = connector.status?.proxy?.httpsAddress?.url;
  return url === undefined ? names : [...names, hostOf(url, connector)];
}

function hostOf(url: string, { metadata }: Connector): string {
  const host = URL.canParse(url) ? new URL(url).host : '';
  if (HOST.test(host)) {
    return host;
  }
  const message = `Connector ${metadata.namespace}/${metadata.name} has an address in status.proxy that is no URL with a host; the controller writes it, so look at the controller's log`;
  throw new RenderingError('ConnectorNotServed', message);
}

function unique(hosts: readonly string[]): string[] {
  return [...new Set(hosts)];
}
