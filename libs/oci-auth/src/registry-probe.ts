import { meantOrigin } from '@oci-connector/connector-api';
import { parseRetryAfter } from '@oci-connector/http';
import { type Sensitive } from '@oci-connector/sensitive';
import { type Challenge, parseChallenges } from './challenge';
import { OciAuthError, unreachable } from './oci-auth.errors';
import { checkRealm } from './realm-policy';
import { type RegistryHttpResponse, type UpstreamRegistry } from './upstream-registry';

/** The registry requires tokens from a token server. */
export interface BearerPlan {
  readonly scheme: 'bearer';
  /** Checked by the realm policy. */
  readonly realm: URL;
  /** Some registries send none (nvcr.io). */
  readonly service?: string;
}

/** How a registry requires requests to be authorised. */
export type AuthPlan = BearerPlan | { readonly scheme: 'basic' } | { readonly scheme: 'none' };

/** The body of a probe is not used. Up to this size it is read so that the connection can be reused. */
const MAX_PROBE_BODY_BYTES = 16 * 1024;
/** The longest `service` that is forwarded. Real ones are host names. */
const MAX_SERVICE_LENGTH = 1024;

/**
 * Returns the plan from the challenges of a 401. Prefers Bearer to Basic, whatever their order; undefined when there is neither.
 *
 * @throws OciAuthError `RealmInvalid`, `RealmHasUserInfo` or `RealmUntrusted`
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

/** Returns the scope that a Bearer challenge asks for, not parsed. */
export function scopeIn(challenges: readonly Challenge[]): string | undefined {
  return bearerIn(challenges)?.parameters['scope'];
}

/** Returns the Bearer challenge that counts: the first with a realm. */
function bearerIn(challenges: readonly Challenge[]): Challenge | undefined {
  const bearers = challenges.filter((challenge) => challenge.scheme === 'bearer');
  return bearers.find((challenge) => challenge.parameters['realm']) ?? bearers[0];
}

/**
 * Sends `GET /v2/PATH` to the registry.
 *
 * @throws OciAuthError `RegistryUnreachable`; or the signal's reason
 */
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

/** Returns the error for a response to `GET /v2/` that is neither a 200 nor a usable challenge. */
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
 * Asks the registry, with a `GET /v2/` without Authorization, how it requires requests to be authorised. Only such a request gets a
 * reliable response: after a refused Authorization, Harbor offers only Basic, and nvcr.io names another realm.
 *
 * @throws OciAuthError when the registry gives no usable plan; or the signal's reason
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
    // A 401 that names no scheme violates RFC 9110 §15.5.2, but occurs (GCR). The credential is meant for this origin.
    if (response.status === 401 && challenges.length === 0 && registry.credential) {
      return { scheme: 'basic' };
    }
  }
  throw probeFailure(registry, response, now());
}
