import { type AuthRequest } from './auth-request';
import { type Authorization, anonymous, basic } from './authorization';
import { type DanceMemory } from './dance-memory';
import { OciAuthError } from './oci-auth.errors';
import { type NextPlan } from './plan-after-refusal';
import { type AuthPlan } from './registry-probe';

/** What a plan gives. Throws OciAuthError, or the signal's reason. */
export async function obtain(memory: DanceMemory, plan: AuthPlan, request: AuthRequest): Promise<Authorization> {
  const known = knownAuthorization(memory, plan, request);
  if (known !== undefined || plan.scheme !== 'bearer') {
    return known as Authorization;
  }
  try {
    return await memory.tokens.get(plan, request);
  } catch (error) {
    if (error instanceof OciAuthError && (error.code === 'TokenEndpointUnreachable' || error.code === 'TokenResponseInvalid')) {
      // The token server gave nothing: the registry may name another by now.
      memory.plans.delete(request.registry);
    }
    throw error;
  }
}

/** What a plan gives when nobody has to be asked; undefined: a token has to be fetched. Throws OciAuthError. */
export function knownAuthorization(memory: DanceMemory, plan: AuthPlan, request: AuthRequest): Authorization | undefined {
  const { registry, scopes } = request;
  switch (plan.scheme) {
    case 'none':
      return anonymous(scopes);
    case 'basic':
      if (registry.credential) {
        memory.refusals.check({ url: registry.origin }, registry.credential);
      }
      memory.tokens.throwIfRefused(plan, request);
      return basic(registry, scopes);
    case 'bearer':
      return memory.tokens.peek(plan, request);
  }
}

/**
 * What another scheme gives. All requests go that way from then on, so first this one must have been given something: a part of an open
 * registry that nobody here can enter closes none of the rest. Without a credential that holds for writes alone, as the rest stays open.
 */
export async function obtainInAnotherWay(memory: DanceMemory, { plan, learned }: NextPlan, request: AuthRequest): Promise<Authorization> {
  const { registry, own } = request;
  const authorization = await obtain(memory, plan, request);
  const isForAll = registry.credential !== undefined || !learned || own[0]?.actions.includes('push') === true;
  if (isForAll) {
    memory.plans.set(registry, plan, learned);
  }
  return authorization;
}
