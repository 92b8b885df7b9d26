import { decodeTokenUnverified, type UnverifiedToken } from '@oci-connector/kube';
import { Sensitive } from '@oci-connector/sensitive';
import { VolumeError } from '../csi.errors';
import { type NodePublishVolumeRequest } from './csi-messages';

/**
 * Key of the tokens that the kubelet sends: in `secrets` with CSIDriver.spec.serviceAccountTokenInSecrets (Kubernetes >= 1.35), otherwise
 * in `volume_context`.
 */
const TOKENS = 'csi.storage.k8s.io/serviceAccount.tokens';

/** In characters. A token has up to 2 KiB, and a CSIDriver requests few of them. */
const MAX_TOKENS_LENGTH = 64 * 1024;

/** The ServiceAccount and audience that the token must have. */
export interface TokenExpectation {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly audience: string;
}

export interface PodToken {
  readonly token: Sensitive;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** In milliseconds; absent when the token has no time of issue. */
  readonly lifetime?: number;
  readonly serviceAccountUid: string;
}

/**
 * Returns the pod's token for the expected audience. There is no TokenReview, because the kubelet is trusted and got the token from the
 * API server. The claims are still compared with the pod: a volume must never contain a token of another ServiceAccount.
 *
 * @throws VolumeError TokenUnusable when there is no such token; the message contains no part of the token
 */
export function parsePodToken(request: NodePublishVolumeRequest, expected: TokenExpectation): PodToken {
  const text = request.secrets[TOKENS] ?? request.volume_context[TOKENS];
  const token = text === undefined ? undefined : tokenFor(text, expected.audience);
  if (token === undefined) {
    throw unusable(
      `the kubelet sent no token for the audience "${expected.audience}"; CSIDriver.spec.tokenRequests of connectors-csi must contain it`,
    );
  }
  const claims = decode(token);
  const { namespace, name, uid = '' } = claims.serviceAccount ?? { namespace: '', name: '' };
  if (namespace !== expected.namespace || name !== expected.serviceAccount || !claims.audiences.includes(expected.audience)) {
    throw unusable(
      `the kubelet sent a token that is not for ServiceAccount ${expected.namespace}/${expected.serviceAccount} and the audience "${expected.audience}"`,
    );
  }
  const lifetime = claims.issuedAt === undefined ? undefined : claims.expiresAt - claims.issuedAt;
  return { token, expiresAt: claims.expiresAt, lifetime, serviceAccountUid: uid };
}

/** The form is `{"AUDIENCE": {"token": "…", "expirationTimestamp": "…"}}`. */
function tokenFor(text: string, audience: string): Sensitive | undefined {
  const tokens: unknown = text.length <= MAX_TOKENS_LENGTH ? parseJson(text) : undefined;
  const entry = own(tokens, audience);
  const token = own(entry, 'token');
  return typeof token === 'string' && token !== '' ? new Sensitive(token) : undefined;
}

function own(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error of JSON.parse quotes the text, which contains tokens.
    throw unusable(`${TOKENS} is not JSON`);
  }
}

function decode(token: Sensitive): UnverifiedToken {
  try {
    return decodeTokenUnverified(token);
  } catch (error) {
    throw unusable(`the kubelet sent a value that is not a ServiceAccount token: ${(error as Error).message}`);
  }
}

function unusable(message: string): VolumeError {
  return new VolumeError('TokenUnusable', message);
}
