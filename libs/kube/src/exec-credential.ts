import { type KubeConfig } from '@kubernetes/client-node';
import { type Clock } from '@oci-connector/clock';
import { Sensitive } from '@oci-connector/sensitive';
import { RereadCredential, type ApiCredential } from './api-credential';
import { KubeConfigError } from './kube.errors';
import { type KubeconfigExec } from './kubeconfig';

/**
 * Creates a credential from an exec plugin, which client-node runs. Its result is used for a minute; after a 401 the plugin runs again.
 * Loading the package takes half a second and 65 MB, so it is imported only here and only when this function is called.
 *
 * @throws KubeConfigError when the entry cannot be used
 */
export async function execCredential(exec: KubeconfigExec, where: string, clock: Clock): Promise<ApiCredential> {
  if (!exec.command) {
    throw new KubeConfigError(`${where}: exec.command must name a program`);
  }
  if (!exec.apiVersion) {
    throw new KubeConfigError(`${where}: exec.apiVersion must be set, for instance to client.authentication.k8s.io/v1`);
  }
  const { KubeConfig: Loader } = await import('./exec-credential.client');
  const load = (): KubeConfig => {
    const config = new Loader();
    const cluster = { name: 'cluster', server: 'https://cluster.invalid', skipTLSVerify: false };
    const contexts = [{ name: 'context', cluster: 'cluster', user: 'user' }];
    config.loadFromOptions({ clusters: [cluster], users: [{ name: 'user', exec }], contexts, currentContext: 'context' });
    return config;
  };
  let config = load();
  return new RereadCredential(async (afterRefusal) => {
    // A new configuration drops the refused credential that client-node caches.
    if (afterRefusal) {
      config = load();
    }
    return runPlugin(config);
  }, clock);
}

async function runPlugin(config: KubeConfig): Promise<Sensitive | undefined> {
  const options: { headers: Record<string, string>; cert?: unknown } = { headers: {} };
  await config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
  const header = options.headers['Authorization'];
  // Client certificates are loaded once, so one from a plugin would expire unnoticed.
  if (header === undefined && options.cert !== undefined) {
    throw new KubeConfigError('The exec plugin gives a client certificate, which is not supported; use one that gives a token');
  }
  return header === undefined ? undefined : new Sensitive(header);
}
