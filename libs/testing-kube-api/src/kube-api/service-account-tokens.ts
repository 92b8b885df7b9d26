import { createHash, generateKeyPairSync, randomUUID, sign, verify, type KeyObject } from 'node:crypto';
import { asObject, asText, asTexts, isJsonObject, type JsonObject } from './json';
import { type ObjectStore } from './object-store';
import { serviceAccountGroups, serviceAccountUserName, type UserInfo } from './user-info';

/** An object to which a token is bound, in addition to its ServiceAccount. The token becomes invalid with that object. */
export interface BoundObject {
  readonly kind: 'Pod' | 'Secret';
  readonly name: string;
  readonly uid: string;
}

export interface TokenSubject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface TokenClaims {
  readonly subject: TokenSubject;
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly bound?: BoundObject;
}

/** The result for a valid token. */
export interface VerifiedToken {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

/** The token is not accepted; the message says why. */
export class InvalidTokenError extends Error {}

interface TokenOptions {
  readonly issuer: string;
  /** Returns the time in milliseconds since 1970. */
  readonly clock: () => number;
}

const RESOURCE_OF_BOUND = { Pod: '/pods', Secret: '/secrets' } as const;

/** Issues and verifies ServiceAccount tokens: JWTs signed with ES256, with the claims of kube-apiserver. */
export class ServiceAccountTokens {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #keyId: string;

  constructor(
    private readonly store: ObjectStore,
    private readonly options: TokenOptions,
  ) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#privateKey = privateKey;
    this.#publicKey = publicKey;
    this.#keyId = createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64url');
  }

  issue({ subject, audiences, expirationSeconds, bound }: TokenClaims): { token: string; expiresAt: number } {
    const now = Math.floor(this.options.clock() / 1000);
    const claims = {
      aud: audiences,
      exp: now + expirationSeconds,
      iat: now,
      iss: this.options.issuer,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace: subject.namespace,
        ...(bound && { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
        serviceaccount: { name: subject.name, uid: subject.uid },
      },
      nbf: now,
      sub: serviceAccountUserName(subject.namespace, subject.name),
    };
    const head = `${encode({ alg: 'ES256', kid: this.#keyId })}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(head), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' });
    return { token: `${head}.${signature.toString('base64url')}`, expiresAt: (now + expirationSeconds) * 1000 };
  }

  /** Returns the discovery document of the issuer (KEP-1393). */
  discoveryDocument(): JsonObject {
    return {
      issuer: this.options.issuer,
      jwks_uri: `${this.options.issuer}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    };
  }

  /** Returns the keys that sign the tokens, as JSON Web Keys. */
  keySet(): JsonObject {
    return { keys: [{ ...this.#publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: this.#keyId }] };
  }

  /**
   * Checks signature, issuer, times and audience, and that the ServiceAccount and the bound object were not deleted or replaced.
   *
   * @param accepted audiences of which the token must have at least one
   * @throws InvalidTokenError when a check fails
   */
  verify(token: string, accepted: readonly string[]): VerifiedToken {
    const claims = this.#verifySignature(token);
    this.#verifyTimes(claims);
    const audiences = asTexts(claims['aud']).filter((audience) => accepted.includes(audience));
    if (audiences.length === 0) {
      throw new InvalidTokenError(
        `token audiences ${JSON.stringify(claims['aud'])} is invalid for the target audiences ${JSON.stringify(accepted)}`,
      );
    }
    return { user: this.#verifySubject(claims), audiences };
  }

  #verifySignature(token: string): JsonObject {
    const parts = token.split('.');
    const [header = '', payload = '', signature = ''] = parts;
    if (parts.length !== 3 || decode(header)?.['alg'] !== 'ES256') {
      throw new InvalidTokenError('invalid bearer token');
    }
    const key = { key: this.#publicKey, dsaEncoding: 'ieee-p1363' as const };
    const isRight = verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
    const claims = decode(payload);
    if (!isRight || !claims || claims['iss'] !== this.options.issuer) {
      throw new InvalidTokenError('invalid bearer token');
    }
    return claims;
  }

  #verifyTimes(claims: JsonObject): void {
    const now = this.options.clock() / 1000;
    if (now >= Number(claims['exp'])) {
      throw new InvalidTokenError('service account token has expired');
    }
    if (now < Number(claims['nbf'])) {
      throw new InvalidTokenError('service account token is not valid yet');
    }
  }

  #verifySubject(claims: JsonObject): UserInfo {
    const own = asObject(claims['kubernetes.io']);
    const namespace = asText(own['namespace']);
    const account = asObject(own['serviceaccount']);
    const name = asText(account['name']);
    this.#verifyAlive('/serviceaccounts', namespace, account, 'service account');
    const extra: Record<string, string[]> = { 'authentication.kubernetes.io/credential-id': [`JTI=${asText(claims['jti'])}`] };
    for (const kind of ['Pod', 'Secret'] as const) {
      const bound = own[kind.toLowerCase()];
      if (!isJsonObject(bound)) {
        continue;
      }
      this.#verifyAlive(RESOURCE_OF_BOUND[kind], namespace, bound, kind.toLowerCase());
      if (kind === 'Pod') {
        extra['authentication.kubernetes.io/pod-name'] = [asText(bound['name'])];
        extra['authentication.kubernetes.io/pod-uid'] = [asText(bound['uid'])];
      }
    }
    const uid = asText(account['uid']);
    return { username: serviceAccountUserName(namespace, name), uid, groups: serviceAccountGroups(namespace), extra };
  }

  #verifyAlive(resource: string, namespace: string, reference: JsonObject, what: string): void {
    const found = this.store.get(resource, { namespace, name: asText(reference['name']) });
    if (found?.metadata.uid !== reference['uid']) {
      throw new InvalidTokenError(`${what} has been invalidated`);
    }
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
