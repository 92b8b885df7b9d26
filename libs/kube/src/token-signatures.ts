import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { type Clock, systemClock } from '@oci-connector/clock';
import { isJsonObject, type JsonObject } from '@oci-connector/http';
import { type Sensitive } from '@oci-connector/sensitive';
import { KubeApiError } from './kube.errors';
import { type KubeClient } from './kube-client';
import { type UnverifiedToken } from './unverified-token';

/** The result of a signature check. `unknown`: only the API server can decide. */
export type SignatureJudgement = 'valid' | 'invalid' | 'unknown';

export interface TokenSignaturesOptions {
  readonly client: Pick<KubeClient, 'readPath'>;
  readonly clock?: Clock;
  /** Called when the keys cannot be read. They are read again after `retryMs`. */
  readonly onError?: (error: unknown, retryMs: number) => void;
}

/** Service account issuer discovery (KEP-1393). Both are read from the API server, even if the document names another address. */
const DISCOVERY_PATH = '/.well-known/openid-configuration';
const KEYS_PATH = '/openid/v1/jwks';

/** An API server has two keys during a rotation; each takes about 1 KiB. */
const MAX_KEYS = 32;
const MAX_BYTES = 256 * 1024;

/** The shortest time between two reads of the keys, however many tokens name unknown ones. In milliseconds. */
const RELOAD_MS = 10_000;

/** The time after which an API server that does not publish its keys to us is asked again. In milliseconds. */
const OFF_MS = 5 * 60_000;

/** Older keys refuse no token, because the API server may have new keys under the same names. In milliseconds. */
const MAX_AGE_MS = 5 * 60_000;

interface Algorithm {
  readonly hash: string;
  readonly keyType: 'rsa' | 'ec';
  /** The curve of an elliptic-curve key (RFC 7518 §3.4). */
  readonly curve?: string;
}

/** The algorithms of a Kubernetes API server. Only the API server judges tokens with another one. */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ['RS256', { hash: 'sha256', keyType: 'rsa' }],
  ['RS384', { hash: 'sha384', keyType: 'rsa' }],
  ['RS512', { hash: 'sha512', keyType: 'rsa' }],
  ['ES256', { hash: 'sha256', keyType: 'ec', curve: 'prime256v1' }],
  ['ES384', { hash: 'sha384', keyType: 'ec', curve: 'secp384r1' }],
  ['ES512', { hash: 'sha512', keyType: 'ec', curve: 'secp521r1' }],
]);

interface PublishedKeys {
  readonly issuer: string;
  readonly keys: ReadonlyMap<string, KeyObject>;
  readonly loadedAt: number;
}

/**
 * Checks the signatures of ServiceAccount tokens with the keys that the API server publishes, so that forged tokens cause no reviews.
 * A valid signature is never sufficient: only the API server knows whether the token was revoked.
 */
export class TokenSignatures {
  readonly #clock: Clock;
  #published?: PublishedKeys;
  #mayLoadAt = -Infinity;

  constructor(private readonly options: TokenSignaturesOptions) {
    this.#clock = options.clock ?? systemClock;
  }

  /** Checks the signature with the keys that are known now. Missing or old keys are read in the background. */
  judge(token: Sensitive, { issuer, keyId, algorithm: name }: UnverifiedToken): SignatureJudgement {
    const published = this.#published;
    if (published === undefined) {
      return this.#unknown();
    }
    const algorithm = ALGORITHMS.get(name);
    // The keys do not apply to tokens of another issuer, with another algorithm, or without a key ID.
    if (issuer !== published.issuer || keyId === undefined || algorithm === undefined) {
      return 'unknown';
    }
    const key = published.keys.get(keyId);
    if (key === undefined) {
      return this.#unknown();
    }
    if (fits(key, algorithm) && isSigned(token, algorithm, key)) {
      return 'valid';
    }
    return this.#clock.monotonic() - published.loadedAt < MAX_AGE_MS ? 'invalid' : this.#unknown();
  }

  #unknown(): 'unknown' {
    if (this.#clock.monotonic() >= this.#mayLoadAt) {
      void this.#load();
    }
    return 'unknown';
  }

  /** Never rejects. */
  async #load(): Promise<void> {
    this.#mayLoadAt = Infinity;
    let retryMs = RELOAD_MS;
    try {
      // Measured before the request, so that the keys are never older than assumed.
      const loadedAt = this.#clock.monotonic();
      const { issuer } = await this.#read(DISCOVERY_PATH);
      const { keys } = await this.#read(KEYS_PATH);
      if (typeof issuer !== 'string' || !Array.isArray(keys)) {
        throw new TypeError('the API server publishes no issuer or no keys');
      }
      this.#published = { issuer, keys: keysOf(keys), loadedAt };
    } catch (error) {
      // Forbidden, or not served: that does not change soon, and older keys are no longer reliable.
      if (error instanceof KubeApiError && !error.retryable) {
        retryMs = OFF_MS;
        this.#published = undefined;
      }
      this.options.onError?.(error, retryMs);
    }
    this.#mayLoadAt = this.#clock.monotonic() + retryMs;
  }

  async #read(path: string): Promise<JsonObject> {
    const answer = await this.options.client.readPath(path, { maxBytes: MAX_BYTES });
    return isJsonObject(answer) ? answer : {};
  }
}

/** Returns the JSON Web Keys (RFC 7517) by key ID, without those that cannot be used. */
function keysOf(list: readonly unknown[]): ReadonlyMap<string, KeyObject> {
  const keys = new Map<string, KeyObject>();
  for (const item of list.slice(0, MAX_KEYS)) {
    const { kid } = (item ?? {}) as { kid?: unknown };
    const key = keyOf(item);
    if (typeof kid === 'string' && key !== undefined) {
      keys.set(kid, key);
    }
  }
  return keys;
}

/** The API server's own library refuses shorter RSA keys; an empty one would refuse every token. In bits. */
const MIN_MODULUS = 1024;

function keyOf(jwk: unknown): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    return (key.asymmetricKeyDetails?.modulusLength ?? MIN_MODULUS) < MIN_MODULUS ? undefined : key;
  } catch {
    // A key type that Node.js does not support: only the API server judges its tokens.
    return undefined;
  }
}

function fits({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, { keyType, curve }: Algorithm): boolean {
  return asymmetricKeyType === keyType && (curve === undefined || asymmetricKeyDetails?.namedCurve === curve);
}

function isSigned(token: Sensitive, { hash }: Algorithm, key: KeyObject): boolean {
  const text = token.reveal();
  const dot = text.lastIndexOf('.');
  // RFC 7518 §3.4: an ECDSA signature is two concatenated numbers. The option has no effect on RSA.
  return verify(hash, Buffer.from(text.slice(0, dot)), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(text.slice(dot + 1), 'base64url'));
}
