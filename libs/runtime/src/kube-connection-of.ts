import { KubeConfigError, type KubeConnection, loadKubeConnection } from '@oci-connector/kube';
import { type ProgramSettings } from './program-settings';
import { ConfigurationError } from './settings';

/** The API server that the settings lead to. @throws ConfigurationError when they lead to none */
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
