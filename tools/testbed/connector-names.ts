/** Namespace of the Connectors of every suite. */
export const NAMESPACE = 'ci';

/** Names of the Connectors: one for each registry and each way to log in to it. */
export const CONNECTORS = [
  'dist3-token',
  'dist3-htpasswd',
  'dist3-anonymous',
  'dist2-token',
  'gitea',
  'gitea-token',
  'public-read',
  'fixture',
  'fixture-basic',
  'quay-rules',
  'paged-lists',
  'blob-redirects',
  'private-ca',
] as const;

/** Returns the host name by which clients reach a Connector. */
export function connectorHost(name: string): string {
  return `c-${name}.${NAMESPACE}.svc.cluster.local`;
}
