import {
  DEFAULT_AUDIENCE,
  connectorHostNames,
  connectorPath,
  type ConnectorKey,
  type InstallationNames,
} from '@oci-connector/connector-api';
import { type InstallationSettings } from '@oci-connector/runtime';

/** The names of this installation and the addresses of its proxy. */
export interface Installation extends InstallationNames {
  /** The audience that tokens of clients must have; published in status. */
  readonly audience: string;
  /** Base URLs by which clients outside the cluster reach the proxy; empty: clients reach it only through the Services. */
  readonly externalHttpUrl: string;
  readonly externalHttpsUrl: string;
}

/** The URLs of one Connector. */
export interface ConnectorUrls {
  readonly http: string;
  readonly https: string;
}

/**
 * Returns the URLs of a Connector. `resolver` says whether only its Service's host names it or the path does too. With an external URL all
 * Connectors share one host, so the path always names it.
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

/** Reads the names of the installation from the settings that all programs share. */
export function installationOf(settings: InstallationSettings): Installation {
  const { namespace, proxyService, clusterDomain, audiences, externalHttpUrl, externalHttpsUrl } = settings;
  return { namespace, proxyService, clusterDomain, audience: audiences[0] ?? DEFAULT_AUDIENCE, externalHttpUrl, externalHttpsUrl };
}
