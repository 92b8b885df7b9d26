import { createHash } from 'node:crypto';
import { type WallClock } from '@oci-connector/clock';
import { type Authorization } from './authorization';
import { OciAuthError, type OciAuthErrorCode } from './oci-auth.errors';
import { RefreshingCache } from './refreshing-cache';
import { type AuthPlan } from './registry-probe';
import { type UpstreamRegistry } from './upstream-registry';

/** What the cache holds for a set of scopes. */
export interface Grant {
  readonly authorization: Authorization;
  readonly expiresAt: number;
  readonly obtainedAt: number;
  /** Grants are numbered as they are obtained. */
  readonly serial: number;
  /** It took the place of a token that the registry had refused. */
  readonly isReplacement?: true;
}

/** A plan in the cache. */
export interface KnownPlan {
  readonly plan: AuthPlan;
  readonly expiresAt: number;
  /** It came from the answer to a request of its own, although `GET /v2/` lets everyone in; only another one can tell it again. */
  readonly learned: boolean;
}

/**
 * What was refused is not asked for again for so long: each time costs a login. As long as a Secret may be read from a cache. A
 * credential that is refused by itself is remembered for longer, see RefusedCredentials.
 */
export const REFUSAL_PAUSE_MS = 10_000;
/** A server that asks for a longer wait is asked again after this all the same; clients are told what it said. */
const MAX_PAUSE_MS = 5 * 60_000;
/** A 429 without Retry-After. */
const THROTTLE_PAUSE_MS = 1_000;

/**
 * How long an error is told again instead of asking again. Nothing for an unreachable peer: the next caller may find it
 * there again, and meanwhile all share one attempt.
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

/** A wait that a server asked for has become shorter meanwhile. */
function retold(error: unknown, elapsedMs: number): unknown {
  return error instanceof OciAuthError ? error.retold(elapsedMs) : error;
}

export interface AuthCacheOptions {
  readonly clock: WallClock;
  /** 0 ≤ number < 1; spreads the renewals. */
  readonly random: () => number;
  readonly maxEntries: number;
}

/** A cache of tokens or plans, with the errors of this library kept as long as asking again is useless or harmful. */
export function createAuthCache<V extends Grant | KnownPlan>({ clock, random, maxEntries }: AuthCacheOptions): RefreshingCache<V> {
  return new RefreshingCache<V>({ clock, random, maxEntries, maxBytes: MAX_BYTES, bytesOf, ownerOf, failureTtlMs, retold });
}

/** Of all tokens, and of all plans. A token may have 32 KiB, and who runs a registry decides how long its tokens are. */
const MAX_BYTES = 64 * 1024 * 1024;

/** What a token or a plan has besides its text: objects, a scope or two with names of at most 255 characters. In bytes. */
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

/** The Connector, with which every key begins. */
function ownerOf(key: string): string {
  return key.slice(0, key.indexOf(','));
}

/** Realm, service and origins are the registry's own words, of any length; a key holds them as a hash. */
function digestOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

/**
 * Rule C3: whose token it is stands in the key, connector and credential, and nothing of the key can be read as another
 * part of it (JSON, not joined text: realm and service are the registry's own words).
 */
export function tokenKey(registry: UpstreamRegistry, plan: AuthPlan, scopes: readonly string[]): string {
  const known = endpointKeys.get(registry);
  const endpoint = known?.plan === plan ? known.key : endpointKey(registry, plan);
  return `${endpoint}${JSON.stringify([...scopes].sort())}`;
}

/** What does not differ from request to request, once for each registry: keys are made for every request that passes. */
const endpointKeys = new WeakMap<UpstreamRegistry, { readonly plan: AuthPlan; readonly key: string }>();
const planKeys = new WeakMap<UpstreamRegistry, string>();

function endpointKey(registry: UpstreamRegistry, plan: AuthPlan): string {
  const endpoint = plan.scheme === 'bearer' ? [plan.realm.href, plan.service ?? null] : [plan.scheme];
  const key = JSON.stringify([registry.connectorUid, digestOf([registry.credentialRevision, registry.origin, ...endpoint])]);
  endpointKeys.set(registry, { plan, key });
  return key;
}

/** A plan holds for the address and the trust that it was made under, no longer. */
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
