import { meantOrigin } from '@oci-connector/connector-api';
import { parseRetryAfter } from '@oci-connector/http';
import { type Sensitive } from '@oci-connector/sensitive';
import { type Challenge, parseChallenges } from './challenge';
import { OciAuthError, unreachable } from './oci-auth.errors';
import { checkRealm } from './realm-policy';
import { type RegistryHttpResponse, type UpstreamRegistry } from './upstream-registry';

/** Tokens from a token server. */
export interface BearerPlan {
  readonly scheme: 'bearer';
  /** Checked by the realm policy. */
  readonly realm: URL;
  /** Some registries send none (nvcr.io). */
  readonly service?: string;
}

/** How a registry wants to be authorised. */
export type AuthPlan = BearerPlan | { readonly scheme: 'basic' } | { readonly scheme: 'none' };

/** The body of a probe says nothing that we need; this much is read so that a small one leaves the connection usable. */
const MAX_PROBE_BODY_BYTES = 16 * 1024;
/** Longest `service` that is sent on; real ones are host names. */
const MAX_SERVICE_LENGTH = 1024;

/**
 * The plan that a 401's challenges make: Bearer before Basic, whatever their order; undefined when there is neither.
 * Throws OciAuthError `RealmInvalid` or `RealmUntrusted`.
 */
export function planFromChallenges(challenges: readonly Challenge[], registry: UpstreamRegistry): AuthPlan | undefined {
  const bearer = bearerIn(challenges);
  const basic = challenges.some((challenge) => challenge.scheme === 'basic');
  if (bearer && (bearer.parameters['realm'] || !basic)) {
    const { service } = bearer.parameters;
    return {
      scheme: 'bearer',
      realm: checkRealm(bearer.parameters['realm'], registry),
      service: service !== undefined && service.length <= MAX_SERVICE_LENGTH ? service : undefined,
    };
  }
  return basic ? { scheme: 'basic' } : undefined;
}

/** The scope that a Bearer challenge asks for, unread. */
export function scopeIn(challenges: readonly Challenge[]): string | undefined {
  return bearerIn(challenges)?.parameters['scope'];
}

/** The Bearer challenge that counts: the first with a realm. */
function bearerIn(challenges: readonly Challenge[]): Challenge | undefined {
  const bearers = challenges.filter((challenge) => challenge.scheme === 'bearer');
  return bearers.find((challenge) => challenge.parameters['realm']) ?? bearers[0];
}

/** `GET /v2/PATH` on the registry. Throws OciAuthError `RegistryUnreachable`, or the signal's reason. */
export async function getFromRegistry(
  registry: UpstreamRegistry,
  path: string,
  options: { authorization?: Sensitive; signal?: AbortSignal } = {},
): Promise<RegistryHttpResponse> {
  try {
    return await registry.http.get(new URL(`/v2/${path}`, registry.origin), {
      headers: { accept: 'application/json', ...(options.authorization && { authorization: options.authorization }) },
      purpose: 'connector',
      maxBytes: MAX_PROBE_BODY_BYTES,
      signal: options.signal,
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    throw unreachable('RegistryUnreachable', `The registry ${registry.origin}`, error);
  }
}

/** The error for an answer to `GET /v2/` that is neither yes nor a challenge. */
export function probeFailure(registry: UpstreamRegistry, response: RegistryHttpResponse, now: number): OciAuthError {
  const { status } = response;
  const what = `The registry ${registry.origin} answered ${status} to GET /v2/`;
  if (status === 429) {
    const retryAfterMs = parseRetryAfter(response.headers['retry-after'], now);
    return new OciAuthError('RegistryThrottled', `${what}: it allows no more requests for now.`, { status, retryAfterMs });
  }
  if (status >= 500) {
    return new OciAuthError('RegistryUnreachable', `${what}.`, { status });
  }
  if (status === 401) {
    return new OciAuthError('ChallengeUnsupported', `${what} and offers neither Bearer nor Basic authentication.`, { status });
  }
  const { location } = response.headers;
  const target =
    typeof location === 'string' && URL.canParse(location, registry.origin)
      ? meantOrigin(new URL(location, registry.origin), registry.origin)
      : undefined;
  const hint = target && target !== registry.origin ? `set spec.address to ${target}` : 'check spec.address';
  return new OciAuthError('NotARegistry', `${what}, which is not how a registry answers: ${hint}.`, { status });
}

/**
 * Asks the registry, without any Authorization, how it wants to be authorised. Only the bare question gets an honest
 * answer: Harbor offers nothing but Basic once an Authorization was sent and refused, nvcr.io another realm.
 * Throws OciAuthError.
 */
export async function discoverPlan(registry: UpstreamRegistry, now: () => number, signal?: AbortSignal): Promise<AuthPlan> {
  const response = await getFromRegistry(registry, '', { signal });
  if (response.status === 200) {
    return { scheme: 'none' };
  }
  if (response.status === 401 || response.status === 403) {
    const challenges = parseChallenges(response.headers['www-authenticate']);
    const plan = planFromChallenges(challenges, registry);
    if (plan) {
      return plan;
    }
    // Against RFC 9110 §15.5.2, but seen (GCR): a 401 that names no scheme. The credential is meant for this very origin.
    if (response.status === 401 && challenges.length === 0 && registry.credential) {
      return { scheme: 'basic' };
    }
  }
  throw probeFailure(registry, response, now());
}
