import {
  DEFAULT_AUDIENCE,
  connectorHostNames,
  connectorPath,
  type ConnectorKey,
  type DestinationReference,
  type ProxyDestination,
} from '@oci-connector/connector-api';
import { type InstallationSettings } from '@oci-connector/runtime';

/** What this installation is called and where its proxy is. */
export interface Installation {
  readonly namespace: string;
  readonly proxyService: string;
  readonly clusterDomain: string;
  /** The audience that clients need; published in status. */
  readonly audience: string;
  /** Base URLs by which clients from outside reach the proxy; empty: only by the Services. */
  readonly externalHttpUrl: string;
  readonly externalHttpsUrl: string;
}

/** The names of the proxy's Service, shortest first. */
export function proxyHostNames({ proxyService, namespace, clusterDomain }: Installation): string[] {
  const short = `${proxyService}.${namespace}`;
  return [short, `${short}.svc`, `${short}.svc.${clusterDomain}`];
}

/** The name that works from every pod whatever its DNS search list; target of the Services `c-NAME`. */
export function proxyServiceHost({ proxyService, namespace, clusterDomain }: Installation): string {
  return `${proxyService}.${namespace}.svc.${clusterDomain}`;
}

/** Whether `spec.proxy` of a class means this installation's proxy. Nothing else is served. */
export function isOurProxy({ ref, uri }: ProxyDestination, installation: Installation): boolean {
  // Knative: with both, uri is relative to ref; a path before ours is nothing that the proxy could serve.
  if (ref) return isOurService(ref, installation) && (uri === undefined || uri === '' || uri === '/');
  return uri !== undefined && isOurUri(uri, installation);
}

function isOurService(ref: DestinationReference, { proxyService, namespace }: Installation): boolean {
  const isService = ref.kind === 'Service' && (ref.apiVersion ?? 'v1') === 'v1' && (ref.group ?? '') === '';
  return isService && ref.name === proxyService && (ref.namespace ?? namespace) === namespace;
}

function isOurUri(uri: string, installation: Installation): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol, hostname, port, pathname, search, hash, username } = new URL(uri);
  const isPlain = (pathname === '' || pathname === '/') && search === '' && hash === '' && username === '' && port === '';
  return (protocol === 'http:' || protocol === 'https:') && isPlain && proxyHostNames(installation).includes(hostname);
}

/** The URLs of one Connector. */
export interface ConnectorUrls {
  readonly http: string;
  readonly https: string;
}

/**
 * Where a Connector is reached. `resolver` says whether its Service's name is enough or the path names it too. From outside
 * all Connectors share one host, so there the path always does.
 */
export function connectorUrls(key: ConnectorKey, resolver: 'host' | 'path', installation: Installation): ConnectorUrls {
  const { clusterDomain, externalHttpUrl, externalHttpsUrl } = installation;
  const host = connectorHostNames({ ...key, clusterDomain }).at(-1);
  const path = connectorPath(key);
  const inside = resolver === 'path' ? path : '';
  return {
    http: externalHttpUrl ? `${withoutSlash(externalHttpUrl)}${path}` : `http://${host}${inside}`,
    https: externalHttpsUrl ? `${withoutSlash(externalHttpsUrl)}${path}` : `https://${host}${inside}`,
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}

/** The part of the settings that all programs share. */
export function installationOf(settings: InstallationSettings): Installation {
  const { namespace, proxyService, clusterDomain, audiences, externalHttpUrl, externalHttpsUrl } = settings;
  return { namespace, proxyService, clusterDomain, audience: audiences[0] ?? DEFAULT_AUDIENCE, externalHttpUrl, externalHttpsUrl };
}

/** Where no Connector may lead whatever its address resolves to: the API server and our own Services (rule C9). */
export function refusedHosts(installation: Installation, apiServer: string): string[] {
  const { clusterDomain } = installation;
  const kubernetes = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${clusterDomain}`];
  return [new URL(apiServer).hostname.replace(/^\[|\]$/g, ''), ...kubernetes, ...proxyHostNames(installation)];
}
