import { type KubeObject } from '@oci-connector/connector-api';
import { KubeApiError, type KubeClient } from '@oci-connector/kube';
import { Sensitive } from '@oci-connector/sensitive';
import { ServiceAccounts } from './apply-manifests';
import { type NamespacedName } from './namespaced-name';

interface TokenRequest {
  spec: { audiences?: string[]; expirationSeconds: number; boundObjectRef?: object };
  status?: { token: string };
}

export interface TokenWanted extends NamespacedName {
  /** If absent, the token is for the API server. */
  readonly audience?: string;
  readonly expirationSeconds?: number;
  /** The pod to which the token is bound. */
  readonly pod?: { readonly name: string; readonly uid: string };
}

/** There is no ServiceAccount for which a token could be requested. */
export class MissingServiceAccountError extends Error {
  override readonly name = 'MissingServiceAccountError';
}

/**
 * Requests a ServiceAccount token, as `kubectl create token` does.
 *
 * @throws MissingServiceAccountError when the ServiceAccount is missing; the message says how to create it
 */
export async function requestToken(client: KubeClient, wanted: TokenWanted): Promise<Sensitive> {
  const request: TokenRequest & KubeObject = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name: wanted.name },
    spec: {
      audiences: wanted.audience ? [wanted.audience] : undefined,
      expirationSeconds: wanted.expirationSeconds ?? 24 * 3600,
      boundObjectRef: wanted.pod && { apiVersion: 'v1', kind: 'Pod', ...wanted.pod },
    },
  };
  const key = { namespace: wanted.namespace, name: wanted.name, subresource: 'token' };
  try {
    const answer = await client.createSubresource(ServiceAccounts, key, request);
    return new Sensitive(answer.status?.token ?? '');
  } catch (error) {
    if (!(error instanceof KubeApiError && error.isNotFound)) {
      throw error;
    }
    const { namespace, name } = wanted;
    throw new MissingServiceAccountError(
      `ServiceAccount "${name}" does not exist in namespace "${namespace}"; create it: kubectl create serviceaccount ${name} --namespace=${namespace}`,
      { cause: error },
    );
  }
}
