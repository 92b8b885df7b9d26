import { type Authorization } from './authorization';
import { type Challenge, type ChallengeHeader, parseChallenges } from './challenge';
import { OciAuthError } from './oci-auth.errors';
import { type AuthPlan, type BearerPlan, discoverPlan, planFromChallenges, scopeIn } from './registry-probe';
import { type KnownPlan } from './token-cache';
import { accessRefused } from './token-source';
import { type UpstreamRegistry } from './upstream-registry';

/** The plan to continue with after a refusal. */
export interface NextPlan {
  readonly plan: AuthPlan;
  /** The plan comes from the refused request: `GET /v2/` does not reveal it. */
  readonly learned: boolean;
  readonly scopeHint?: string;
}

/** The registry's refusal of a request because of the authorisation that it carried. */
export interface AuthRefusal {
  readonly carried: Authorization;
  /** `WWW-Authenticate` of the response. */
  readonly challenge: ChallengeHeader;
}

/**
 * Returns the plan to continue with after a refusal, and the scope that the registry asks for; undefined when there is no other way.
 *
 * @param known the plan that was remembered for the registry
 * @throws OciAuthError when the registry gives no usable plan, or closes an action to anonymous clients
 */
export async function planAfterRefusal(
  registry: UpstreamRegistry,
  { carried, challenge }: AuthRefusal,
  known: KnownPlan | undefined,
  now: () => number,
): Promise<NextPlan | undefined> {
  const challenges = parseChallenges(challenge);
  if (carried.scheme === 'none') {
    return learnedFrom(challenges, registry);
  }
  const challenged = tolerantPlan(challenges, registry);
  const scopeHint = challenged && scopeIn(challenges);
  if (challenged && known?.plan.scheme === 'bearer' && challenged.realm.href === known.plan.realm.href) {
    return { plan: challenged, learned: known.learned, scopeHint };
  }
  const plan = await discoverPlan(registry, now);
  if (plan.scheme !== 'none') {
    return { plan, learned: false, scopeHint };
  }
  if (challenged) {
    return { plan: challenged, learned: true, scopeHint };
  }
  return registry.credential ? undefined : { plan, learned: false };
}

/** Returns the scope that the challenge to a refused request asks for. */
export function scopeHintOf(challenge: ChallengeHeader, registry: UpstreamRegistry): string | undefined {
  const challenges = parseChallenges(challenge);
  return tolerantPlan(challenges, registry) && scopeIn(challenges);
}

/**
 * Returns the plan from the response to a request without Authorization. It applies to the requested action: a registry may answer 200
 * to `/v2/` and still require a credential for a push.
 *
 * @throws OciAuthError when the response offers no scheme and the connector has no credential; or its realm is not usable
 */
function learnedFrom(challenges: readonly Challenge[], registry: UpstreamRegistry): NextPlan {
  const plan = planFromChallenges(challenges, registry) ?? (registry.credential && { scheme: 'basic' as const });
  if (plan === undefined) {
    throw accessRefused(registry);
  }
  return { plan, learned: true, scopeHint: plan.scheme === 'bearer' ? scopeIn(challenges) : undefined };
}

/**
 * Returns the Bearer plan from the response to a refused Authorization; undefined when that response has none or it is not usable.
 * Then a request without Authorization decides.
 */
function tolerantPlan(challenges: readonly Challenge[], registry: UpstreamRegistry): BearerPlan | undefined {
  try {
    const plan = planFromChallenges(challenges, registry);
    return plan?.scheme === 'bearer' ? plan : undefined;
  } catch (error) {
    if (error instanceof OciAuthError) {
      return undefined;
    }
    throw error;
  }
}
