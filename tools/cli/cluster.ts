import { KubeClient, loadKubeConnection } from '@oci-connector/kube';
import { InstallationSettings, loadSettings } from '@oci-connector/runtime';
import { type World } from './world';

/** The cluster that a command uses, and the settings of the installation in it. */
export interface Cluster {
  readonly client: KubeClient;
  readonly settings: InstallationSettings;
}

export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Time limit of each request, in milliseconds. */
  readonly timeoutMs?: number;
}

/**
 * Connects to the API server, and calls `use` with it.
 *
 * @throws KubeConfigError or ConfigurationError when the kubeconfig or a variable of the environment cannot be used
 */
export async function withCluster<T>(
  { kubeconfig, context, timeoutMs }: ClusterOptions,
  { environment, clock }: World,
  use: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  // The same variables as for the controller: in its pod they are set already.
  const settings = loadSettings(InstallationSettings, environment);
  const file = kubeconfig ?? (settings.kubeconfig === '' ? undefined : settings.kubeconfig);
  const client = new KubeClient(await loadKubeConnection({ kubeconfig: file, context, clock }), {
    clock,
    userAgent: 'oci-connector-cli',
    requestTimeoutMs: timeoutMs,
  });
  try {
    return await use({ client, settings });
  } finally {
    await client.close();
  }
}
