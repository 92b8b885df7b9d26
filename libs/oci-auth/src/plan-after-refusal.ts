import { type Authorization } from './authorization';
import { type Challenge, type ChallengeHeader, parseChallenges } from './challenge';
import { OciAuthError } from './oci-auth.errors';
import { type AuthPlan, type BearerPlan, discoverPlan, planFromChallenges, scopeIn } from './registry-probe';
import { type KnownPlan } from './token-cache';
import { accessRefused } from './token-source';
import { type UpstreamRegistry } from './upstream-registry';

/** How to go on after a refusal. */
export interface NextPlan {
  readonly plan: AuthPlan;
  /** Only the refused request could tell. */
  readonly learned: boolean;
  readonly scopeHint?: string;
}

/** The registry refuses a request for what it carried. */
export interface AuthRefusal {
  readonly carried: Authorization;
  /** `WWW-Authenticate` of the answer. */
  readonly challenge: ChallengeHeader;
}

/**
 * How to go on after a refusal, with the scope that the registry says it wants; undefined: there is no other way. Throws OciAuthError.
 *
 * @param known how the registry was thought to authorise
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

/** The scope that the challenge to a refused request asks for. */
export function scopeHintOf(challenge: ChallengeHeader, registry: UpstreamRegistry): string | undefined {
  const challenges = parseChallenges(challenge);
  return tolerantPlan(challenges, registry) && scopeIn(challenges);
}

/**
 * The plan in the answer to a request that carried nothing. It is about the thing itself: a registry may say 200 to
 * `/v2/` and still want a credential for a push. Throws OciAuthError.
 */
function learnedFrom(challenges: readonly Challenge[], registry: UpstreamRegistry): NextPlan {
  const plan = planFromChallenges(challenges, registry) ?? (registry.credential && { scheme: 'basic' as const });
  if (plan === undefined) {
    throw accessRefused(registry);
  }
  return { plan, learned: true, scopeHint: plan.scheme === 'bearer' ? scopeIn(challenges) : undefined };
}

/** The Bearer plan in the answer to a refused Authorization, which may be wrong in any way; the bare question decides then. */
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
