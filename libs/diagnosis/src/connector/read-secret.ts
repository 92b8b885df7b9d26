import { KubeApiError, Secrets, type Secret } from '@oci-connector/kube';
import { CredentialError } from '@oci-connector/credentials';
import { quoted } from '@oci-connector/sensitive';
import { type CheckScope } from './check-scope';

/**
 * Reads a Secret of the Connector's namespace.
 *
 * @param type that the Secret must have, for the message
 * @throws CredentialError SecretNotFound when it does not exist, or when the controller may not read it
 */
export async function readSecret({ namespace, tools, signal }: CheckScope, name: string, type?: string): Promise<Secret> {
  const secret = await find({ namespace, name });
  if (!secret) {
    throw new CredentialError(
      'SecretNotFound',
      `Secret ${quoted(name)} does not exist in namespace "${namespace}"; create it${type === undefined ? '' : ` with type ${type}`}`,
    );
  }
  return secret;

  async function find(key: { namespace: string; name: string }): Promise<Secret | undefined> {
    try {
      return await tools.client.find(Secrets, key, { signal });
    } catch (error) {
      if (!(error instanceof KubeApiError) || !error.isForbidden) {
        throw error;
      }
      throw new CredentialError(
        'SecretNotFound',
        `the controller may not read Secret ${quoted(name)} in namespace "${namespace}"; add the namespace to rbac.secretNamespaces of the chart, or bind the controller's ServiceAccount to a Role there`,
      );
    }
  }
}
