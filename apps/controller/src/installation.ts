import {
  DEFAULT_AUDIENCE,
  connectorHostNames,
  connectorPath,
  type ConnectorKey,
  type InstallationNames,
} from '@oci-connector/connector-api';
import { type InstallationSettings } from '@oci-connector/runtime';

/** What this installation is called and where its proxy is. */
export interface Installation extends InstallationNames {
  /** The audience that clients need; published in status. */
  readonly audience: string;
  /** Base URLs by which clients from outside reach the proxy; empty: only by the Services. */
  readonly externalHttpUrl: string;
  readonly externalHttpsUrl: string;
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
