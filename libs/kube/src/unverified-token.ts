import { isJsonObject, type JsonObject, parseJsonObject } from '@oci-connector/http';
import { type Sensitive } from '@oci-connector/sensitive';
import { TokenRefusedError } from './kube.errors';

/** The claims of a token, not verified. They may be a reason to refuse a token, but never to accept it. */
export interface UnverifiedToken {
  readonly algorithm: string;
  /** The ID of the key that the token claims to be signed with. */
  readonly keyId?: string;
  readonly issuer?: string;
  readonly subject?: string;
  readonly audiences: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Milliseconds since the epoch; absent when the token does not contain it. */
  readonly issuedAt?: number;
  /** The `kubernetes.io` claims of a ServiceAccount token. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string; readonly uid?: string };
  readonly pod?: { readonly name: string; readonly uid?: string };
}

/** A ServiceAccount token has 1 to 2 KiB. Tokens of other issuers, with many groups, fit in a header of 16 KiB. */
const MAX_TOKEN_LENGTH = 16 * 1024;

const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * Reads the claims of a JSON Web Token (RFC 7519, compact form of RFC 7515) without checking its signature.
 *
 * @throws TokenRefusedError `NotAToken` when it is not a JSON Web Token, or has no expiry
 */
export function decodeTokenUnverified(token: Sensitive): UnverifiedToken {
  const text = token.reveal();
  if (text.length > MAX_TOKEN_LENGTH || !COMPACT_JWS.test(text)) {
    throw notAToken();
  }
  const [header, payload] = text.split('.');
  const { alg, kid } = decodeSegment(header ?? '');
  const claims = decodeSegment(payload ?? '');
  if (typeof alg !== 'string' || typeof claims['exp'] !== 'number' || !Number.isFinite(claims['exp'])) {
    throw notAToken();
  }
  return {
    algorithm: alg,
    keyId: stringOf(kid),
    issuer: stringOf(claims['iss']),
    subject: stringOf(claims['sub']),
    audiences: audiencesOf(claims['aud']),
    expiresAt: claims['exp'] * 1000,
    issuedAt: Number.isFinite(claims['iat']) ? Number(claims['iat']) * 1000 : undefined,
    ...kubernetesClaims(claims['kubernetes.io']),
  };
}

function decodeSegment(segment: string): JsonObject {
  const value = parseJsonObject(Buffer.from(segment, 'base64url').toString('utf8'));
  if (!value) {
    throw notAToken();
  }
  return value;
}

/** `aud` is one string or a list of them (RFC 7519, 4.1.3). */
function audiencesOf(aud: unknown): readonly string[] {
  const list: unknown[] = Array.isArray(aud) ? aud : [aud];
  return list.filter((entry) => typeof entry === 'string');
}

function kubernetesClaims(value: unknown): Pick<UnverifiedToken, 'serviceAccount' | 'pod'> {
  if (!isJsonObject(value)) {
    return {};
  }
  const namespace = stringOf(value['namespace']);
  const account = reference(value['serviceaccount']);
  const pod = reference(value['pod']);
  return {
    ...(namespace !== undefined && account !== undefined && { serviceAccount: { namespace, ...account } }),
    ...(pod !== undefined && { pod }),
  };
}

function reference(value: unknown): { name: string; uid?: string } | undefined {
  if (!isJsonObject(value) || typeof value['name'] !== 'string') {
    return undefined;
  }
  return { name: value['name'], uid: stringOf(value['uid']) };
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function notAToken(): TokenRefusedError {
  return new TokenRefusedError(
    'NotAToken',
    'This is not a token that a Kubernetes API server issues (a JSON Web Token that expires); `kubectl create token` makes one',
  );
}
