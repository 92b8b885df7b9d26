/** Namespace of the Connectors of every suite. */
export const NAMESPACE = 'ci';

/** Names of the Connectors: one for each registry, and one for each further way to log in there. */
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
] as const;

/** The name by which clients reach a Connector. */
export function connectorHost(name: string): string {
  return `c-${name}.${NAMESPACE}.svc.cluster.local`;
}
