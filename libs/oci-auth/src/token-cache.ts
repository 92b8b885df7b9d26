import { createHash } from 'node:crypto';
import { type WallClock } from '@oci-connector/clock';
import { type Authorization } from './authorization';
import { OciAuthError, type OciAuthErrorCode } from './oci-auth.errors';
import { RefreshingCache } from './refreshing-cache';
import { type AuthPlan } from './registry-probe';
import { type UpstreamRegistry } from './upstream-registry';

/** The cache entry for a set of scopes. */
export interface Grant {
  readonly authorization: Authorization;
  readonly expiresAt: number;
  readonly obtainedAt: number;
  /** Grants are numbered in the order in which they are obtained. */
  readonly serial: number;
  /** The grant replaced a token that the registry had refused. */
  readonly isReplacement?: true;
}

/** A plan in the cache. */
export interface KnownPlan {
  readonly plan: AuthPlan;
  readonly expiresAt: number;
  /** The plan comes from the response to an ordinary request, because `GET /v2/` lets everybody in. Only another request can show it again. */
  readonly learned: boolean;
}

/**
 * How long a refused request for a token is not repeated, because each one costs a login. It is as long as a Secret may be read from a
 * cache. A refused credential is remembered for longer; see RefusedCredentials.
 */
export const REFUSAL_PAUSE_MS = 10_000;
/** The longest wait before the next request to a server, even if it asks for more. Clients get the wait that the server asked for. */
const MAX_PAUSE_MS = 5 * 60_000;
/** The wait after a 429 without Retry-After. */
const THROTTLE_PAUSE_MS = 1_000;

/**
 * How long an error is repeated to callers instead of sending a request. There is no pause for an unreachable peer: it may be back for
 * the next caller, and concurrent callers share one attempt.
 */
const PAUSE_MS: Readonly<Partial<Record<OciAuthErrorCode, number>>> = {
  CredentialRefused: REFUSAL_PAUSE_MS,
  CredentialMissing: REFUSAL_PAUSE_MS,
  AccessRefused: REFUSAL_PAUSE_MS,
  ScopeRefused: REFUSAL_PAUSE_MS,
  RealmHasUserInfo: REFUSAL_PAUSE_MS,
  RealmUntrusted: REFUSAL_PAUSE_MS,
  RealmInvalid: REFUSAL_PAUSE_MS,
  TokenEndpointThrottled: THROTTLE_PAUSE_MS,
  RegistryThrottled: THROTTLE_PAUSE_MS,
};

function failureTtlMs(error: unknown): number {
  if (!(error instanceof OciAuthError)) {
    return 0;
  }
  return Math.min(error.retryAfterMs ?? PAUSE_MS[error.code] ?? 0, MAX_PAUSE_MS);
}

/** Shortens the wait that a server asked for by the time that has passed. */
function repeatedAfter(error: unknown, elapsedMs: number): unknown {
  return error instanceof OciAuthError ? error.repeatedAfter(elapsedMs) : error;
}

export interface AuthCacheOptions {
  readonly clock: WallClock;
  /** Returns a number from 0 up to, not including, 1; spreads the renewals. */
  readonly random: () => number;
  readonly maxEntries: number;
}

/** Creates a cache of tokens or plans. It keeps this library's errors as long as another request would be useless or harmful. */
export function createAuthCache<V extends Grant | KnownPlan>({ clock, random, maxEntries }: AuthCacheOptions): RefreshingCache<V> {
  return new RefreshingCache<V>({ clock, random, maxEntries, maxBytes: MAX_BYTES, bytesOf, ownerOf, failureTtlMs, repeatedAfter });
}

/** The limit for all tokens, and for all plans. A token may have 32 KiB, and the registry decides about its length. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The memory of a token or plan in addition to its text: objects, and one or two scopes with names of at most 255 characters. In bytes. */
const OBJECT_BYTES = 1024;

function bytesOf(value: Grant | KnownPlan): number {
  if ('authorization' in value) {
    return OBJECT_BYTES + (value.authorization.header?.length ?? 0);
  }
  const { plan } = value;
  if (plan.scheme !== 'bearer') {
    return OBJECT_BYTES;
  }
  return OBJECT_BYTES + plan.realm.href.length + (plan.service?.length ?? 0);
}

/** Returns the Connector's part of a key. Every key begins with it. */
function ownerOf(key: string): string {
  return key.slice(0, key.indexOf(','));
}

/** Realm, service and origins are chosen by the registry and can have any length. A key contains their hash. */
function digestOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

/**
 * Rule C3. Returns the key of a token. It contains the connector and the credential that the token belongs to, and no part of it can be
 * read as another part (JSON, not joined text, because the registry chooses realm and service).
 */
export function tokenKey(registry: UpstreamRegistry, plan: AuthPlan, scopes: readonly string[]): string {
  const known = endpointKeys.get(registry);
  const endpoint = known?.plan === plan ? known.key : endpointKey(registry, plan);
  return `${endpoint}${JSON.stringify([...scopes].sort())}`;
}

/** The constant part of the keys, made once for each registry, because every request needs a key. */
const endpointKeys = new WeakMap<UpstreamRegistry, { readonly plan: AuthPlan; readonly key: string }>();
const planKeys = new WeakMap<UpstreamRegistry, string>();

function endpointKey(registry: UpstreamRegistry, plan: AuthPlan): string {
  const endpoint = plan.scheme === 'bearer' ? [plan.realm.href, plan.service ?? null] : [plan.scheme];
  const key = JSON.stringify([registry.connectorUid, digestOf([registry.credentialRevision, registry.origin, ...endpoint])]);
  endpointKeys.set(registry, { plan, key });
  return key;
}

/** Returns the key of a plan. A plan is valid only for the address and the trusted realms that it was made for. */
export function planKey(registry: UpstreamRegistry): string {
  const known = planKeys.get(registry);
  if (known !== undefined) {
    return known;
  }
  const key = JSON.stringify([registry.connectorUid, digestOf([registry.credentialRevision, registry.origin, registry.trustedRealms])]);
  planKeys.set(registry, key);
  return key;
}

/** Whether a key of either kind belongs to the connector. */
export function belongsTo(connectorUid: string): (key: string) => boolean {
  const prefix = `${JSON.stringify([connectorUid]).slice(0, -1)},`;
  return (key) => key.startsWith(prefix);
}
