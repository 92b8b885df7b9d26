import { DEFAULT_CLUSTER_DOMAIN } from './api-group';

/** A Connector, by namespace and name. */
export interface ConnectorKey {
  namespace: string;
  name: string;
}

/** The name of a Connector's Service is this prefix and the Connector's name. */
const SERVICE_PREFIX = 'c-';

/** RFC 1123: a DNS label has at most 63 octets. */
const DNS_LABEL_MAX = 63;

/** The longest name of a Connector: its Service is `c-NAME`, and the name of a Service is a DNS label. */
export const CONNECTOR_NAME_MAX = DNS_LABEL_MAX - SERVICE_PREFIX.length;

/**
 * Most Connectors of one volume, and of one login at the forward proxy. The Proxy-Authorization header names all of them, with at most 126
 * characters each, and base64 adds a third: about 5.5 KiB. With a token of 1 to 2 KiB, the header fits the 8 KiB that clients and load
 * balancers allow for a line.
 */
export const CONNECTORS_MAX = 32;

/** RFC 1123 label, lower case, as Kubernetes requires it for namespaces and Services. */
export const DNS_LABEL_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';

/** RFC 1123 subdomain, lower case: the name of most Kubernetes objects. */
export const DNS_SUBDOMAIN_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';

/** RFC 1123: a DNS name has at most 253 octets. */
export const DNS_SUBDOMAIN_MAX = 253;

const DNS_LABEL = new RegExp(DNS_LABEL_PATTERN);

/** Whether the text is a lower-case DNS label of 1 to 63 characters. */
export function isDnsLabel(text: string): boolean {
  return text.length <= DNS_LABEL_MAX && DNS_LABEL.test(text);
}

/** Whether a Connector may have this name. */
export function isConnectorName(text: string): boolean {
  return text.length <= CONNECTOR_NAME_MAX && isDnsLabel(text);
}

/** Returns the name of the Service for the Connector NAME at the proxy: `c-NAME`. */
export function connectorServiceName(name: string): string {
  return SERVICE_PREFIX + name;
}

/** The reverse of {@link connectorServiceName}. Returns undefined for a name that no Connector's Service can have. */
export function connectorOfServiceName(service: string): string | undefined {
  const name = service.slice(SERVICE_PREFIX.length);
  return service.startsWith(SERVICE_PREFIX) && isConnectorName(name) ? name : undefined;
}

/** Returns all host names of a Connector at the proxy, shortest first. */
export function connectorHostNames(connector: ConnectorKey & { clusterDomain?: string }): string[] {
  const { namespace, name, clusterDomain = DEFAULT_CLUSTER_DOMAIN } = connector;
  const short = `${connectorServiceName(name)}.${namespace}`;
  return [short, `${short}.svc`, `${short}.svc.${clusterDomain}`];
}

/**
 * Returns the Connector of a host name. The match is exact: the host must be one of {@link connectorHostNames}, in lower case and without
 * port or trailing dot. A host that only contains such a name belongs to no Connector (C6, CVE-2026-55602).
 */
export function parseConnectorHost(host: string, clusterDomain = DEFAULT_CLUSTER_DOMAIN): ConnectorKey | undefined {
  const [service = '', namespace = ''] = host.split('.', 2);
  const name = service.slice(SERVICE_PREFIX.length);
  if (!isConnectorName(name) || !isDnsLabel(namespace)) {
    return undefined;
  }
  return connectorHostNames({ namespace, name, clusterDomain }).includes(host) ? { namespace, name } : undefined;
}

/** Returns the path of a Connector on any of the proxy's hosts. */
export function connectorPath({ namespace, name }: ConnectorKey): string {
  return `/namespaces/${namespace}/connectors/${name}`;
}
