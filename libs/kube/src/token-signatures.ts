import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { type Clock, systemClock } from '@oci-connector/clock';
import { isJsonObject, type JsonObject } from '@oci-connector/http';
import { type Sensitive } from '@oci-connector/sensitive';
import { KubeApiError } from './kube.errors';
import { type KubeClient } from './kube-client';
import { type UnverifiedToken } from './unverified-token';

/** What a signature says. `unknown`: the API server has to be asked without knowing more. */
export type SignatureJudgement = 'valid' | 'invalid' | 'unknown';

export interface TokenSignaturesOptions {
  readonly client: Pick<KubeClient, 'readPath'>;
  readonly clock?: Clock;
  /** The keys cannot be read; `retryMs` is when they are tried again. */
  readonly onError?: (error: unknown, retryMs: number) => void;
}

/** Service account issuer discovery; read from the API server itself, whatever other address the document names (KEP-1393). */
const DISCOVERY_PATH = '/.well-known/openid-configuration';
const KEYS_PATH = '/openid/v1/jwks';

/** An installation has two keys while it rotates; each takes about 1 KiB. */
const MAX_KEYS = 32;
const MAX_BYTES = 256 * 1024;

/** How often keys are read at most, however many tokens name unknown ones. In milliseconds. */
const RELOAD_MS = 10_000;

/** A cluster that does not publish its keys to us is asked again after this. In milliseconds. */
const OFF_MS = 5 * 60_000;

/** Older keys refuse nobody: the API server may have been given others under the same name. In milliseconds. */
const MAX_AGE_MS = 5 * 60_000;

interface Algorithm {
  readonly hash: string;
  readonly keyType: 'rsa' | 'ec';
  /** Of keys on elliptic curves (RFC 7518 §3.4). */
  readonly curve?: string;
}

/** Those that a Kubernetes API server signs with; tokens of any other are judged by the API server alone. */
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
 * Checks the signatures of ServiceAccount tokens with the keys that the API server publishes, so that forged ones cost it nothing. Never
 * a yes: whether a token with the right signature is accepted only the API server knows, which sees what was revoked.
 */
export class TokenSignatures {
  readonly #clock: Clock;
  #published?: PublishedKeys;
  #mayLoadAt = -Infinity;

  constructor(private readonly options: TokenSignaturesOptions) {
    this.#clock = options.clock ?? systemClock;
  }

  /** Judges by what is known now. Keys that are missing or old are read in the background. */
  judge(token: Sensitive, { issuer, keyId, algorithm: name }: UnverifiedToken): SignatureJudgement {
    const published = this.#published;
    if (published === undefined) {
      return this.#unknown();
    }
    const algorithm = ALGORITHMS.get(name);
    // Of another issuer these keys say nothing, and of tokens that name no key or another algorithm neither.
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
      // They are at least as new as this.
      const loadedAt = this.#clock.monotonic();
      const { issuer } = await this.#read(DISCOVERY_PATH);
      const { keys } = await this.#read(KEYS_PATH);
      if (typeof issuer !== 'string' || !Array.isArray(keys)) {
        throw new TypeError('the API server publishes no issuer or no keys');
      }
      this.#published = { issuer, keys: keysOf(keys), loadedAt };
    } catch (error) {
      // Forbidden, or not served: that does not change by itself, and keys of an earlier time are not to be relied on.
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

/** JSON Web Keys (RFC 7517) by their names; those that cannot be used are left out. */
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

/** Shorter RSA keys are refused by the API server's own library; an empty one would refuse every token. In bits. */
const MIN_MODULUS = 1024;

function keyOf(jwk: unknown): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    return (key.asymmetricKeyDetails?.modulusLength ?? MIN_MODULUS) < MIN_MODULUS ? undefined : key;
  } catch {
    // A type of key that Node.js does not know: its tokens are judged by the API server alone.
    return undefined;
  }
}

function fits({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, { keyType, curve }: Algorithm): boolean {
  return asymmetricKeyType === keyType && (curve === undefined || asymmetricKeyDetails?.namedCurve === curve);
}

function isSigned(token: Sensitive, { hash }: Algorithm, key: KeyObject): boolean {
  const text = token.reveal();
  const dot = text.lastIndexOf('.');
  // RFC 7518 §3.4: the two numbers of an ECDSA signature follow each other. RSA takes no notice of the option.
  return verify(hash, Buffer.from(text.slice(0, dot)), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(text.slice(dot + 1), 'base64url'));
}
