import { KubeConfigError, type KubeConnection, loadKubeConnection } from '@oci-connector/kube';
import { type ProgramSettings } from './program-settings';
import { ConfigurationError } from './settings';

/**
 * Returns the connection to the API server that the settings name.
 *
 * @throws ConfigurationError when the kubeconfig cannot be used
 */
export async function kubeConnectionOf({ kubeconfig }: Pick<ProgramSettings, 'kubeconfig'>): Promise<KubeConnection> {
  try {
    return await loadKubeConnection({ kubeconfig: kubeconfig || undefined });
  } catch (cause) {
    if (!(cause instanceof KubeConfigError)) {
      throw cause;
    }
    throw new ConfigurationError([`OCI_CONNECTOR_KUBECONFIG: ${cause.message}`], { cause });
  }
}
