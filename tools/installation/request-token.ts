import { type KubeObject } from '@oci-connector/connector-api';
import { type KubeClient } from '@oci-connector/kube';
import { Sensitive } from '@oci-connector/sensitive';
import { ServiceAccounts } from './apply-manifests';
import { type NamespacedName } from './namespaced-name';

interface TokenRequest {
  spec: { audiences?: string[]; expirationSeconds: number; boundObjectRef?: object };
  status?: { token: string };
}

export interface TokenWanted extends NamespacedName {
  /** None: a token for the API server itself. */
  readonly audience?: string;
  readonly expirationSeconds?: number;
  /** The pod that the token is bound to, and dies with. */
  readonly pod?: { readonly name: string; readonly uid: string };
}

/** A ServiceAccount token, as `kubectl create token` gets it. */
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
  const answer = await client.createSubresource(ServiceAccounts, key, request);
  return new Sensitive(answer.status?.token ?? '');
}
