import { type KubeApiOptions } from './kube-api-options';
import { type KubeApiServer } from './kube-api-server';

/** Starts the embedded Kubernetes API and resolves once it listens. */
export async function startKubeApi(_options: KubeApiOptions = {}): Promise<KubeApiServer> {
  throw new Error('not yet');
}
