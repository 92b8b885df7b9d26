import { type DestinationReference, type ProxyDestination } from './destination';

/** The name of the CSI driver: `csi.driver` of a volume, `metadata.name` of the CSIDriver. */
export const CSI_DRIVER_NAME = 'connectors-csi';

/** The namespace of an installation, unless another one is set. */
export const DEFAULT_NAMESPACE = 'connectors-system';

/** The names of an installation in its cluster. */
export interface InstallationNames {
  readonly namespace: string;
  readonly proxyService: string;
  readonly clusterDomain: string;
}

/** Returns the names of the proxy's Service, shortest first. */
export function proxyHostNames({ proxyService, namespace, clusterDomain }: InstallationNames): string[] {
  const short = `${proxyService}.${namespace}`;
  return [short, `${short}.svc`, `${short}.svc.${clusterDomain}`];
}

/** Returns the name that every pod can resolve, with any DNS search list; it is the target of the Services `c-NAME`. */
export function proxyServiceHost({ proxyService, namespace, clusterDomain }: InstallationNames): string {
  return `${proxyService}.${namespace}.svc.${clusterDomain}`;
}

/** Whether `spec.proxy` of a class names this installation's proxy. No other proxy is supported. */
export function isOurProxy({ ref, uri }: ProxyDestination, installation: InstallationNames): boolean {
  // Knative: with both, uri is relative to ref. The proxy cannot serve addresses below another path.
  if (ref) {
    return isOurService(ref, installation) && (uri === undefined || uri === '' || uri === '/');
  }
  return uri !== undefined && isOurUri(uri, installation);
}

function isOurService(ref: DestinationReference, { proxyService, namespace }: InstallationNames): boolean {
  const isService = ref.kind === 'Service' && (ref.apiVersion ?? 'v1') === 'v1' && (ref.group ?? '') === '';
  return isService && ref.name === proxyService && (ref.namespace ?? namespace) === namespace;
}

function isOurUri(uri: string, installation: InstallationNames): boolean {
  if (!URL.canParse(uri)) {
    return false;
  }
  const { protocol, hostname, port, pathname, search, hash, username } = new URL(uri);
  const isPlain = (pathname === '' || pathname === '/') && search === '' && hash === '' && username === '' && port === '';
  return (protocol === 'http:' || protocol === 'https:') && isPlain && proxyHostNames(installation).includes(hostname);
}

/**
 * Returns the names by which pods reach the API server, and the host of this connection to it. An IPv6 address has no brackets, as in name
 * servers and `no_proxy`.
 *
 * @param apiServer the URL of the API server
 */
export function apiServerHosts({ clusterDomain }: Pick<InstallationNames, 'clusterDomain'>, apiServer: string): string[] {
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${clusterDomain}`];
  return [...new Set([new URL(apiServer).hostname.replace(/^\[|\]$/g, ''), ...names])];
}

/** Returns the hosts that no Connector may connect to, whatever they resolve to: the API server and our own Services (rule C9). */
export function refusedHosts(installation: InstallationNames, apiServer: string): string[] {
  return [...apiServerHosts(installation, apiServer), ...proxyHostNames(installation)];
}
