import { stringify } from 'yaml';

interface KubeconfigParts {
  readonly url: string;
  /** PEM of the CA. */
  readonly ca?: string;
  readonly user: string;
  readonly token: string;
}

/** Returns a kubeconfig with one cluster, one user and one context, as YAML. */
export function formatKubeconfig({ url, ca, user, token }: KubeconfigParts): string {
  const cluster = { server: url, ...(ca && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }) };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'embedded', cluster }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'embedded', context: { cluster: 'embedded', user, namespace: 'default' } }],
    'current-context': 'embedded',
  });
}
