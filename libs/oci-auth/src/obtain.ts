import { type AuthRequest } from './auth-request';
import { type Authorization, anonymous, basic } from './authorization';
import { type DanceMemory } from './dance-memory';
import { OciAuthError } from './oci-auth.errors';
import { type NextPlan } from './plan-after-refusal';
import { type AuthPlan } from './registry-probe';

/**
 * Returns the authorisation that the plan leads to.
 *
 * @throws OciAuthError when there is none; or the signal's reason
 */
export async function obtain(memory: DanceMemory, plan: AuthPlan, request: AuthRequest): Promise<Authorization> {
  const known = knownAuthorization(memory, plan, request);
  if (known !== undefined || plan.scheme !== 'bearer') {
    return known as Authorization;
  }
  try {
    return await memory.tokens.get(plan, request);
  } catch (error) {
    if (error instanceof OciAuthError && (error.code === 'TokenEndpointUnreachable' || error.code === 'TokenResponseInvalid')) {
      // The token server sent no token. The registry may name another one by now.
      memory.plans.delete(request.registry);
    }
    throw error;
  }
}

/**
 * Returns the authorisation that the plan leads to without any request; undefined when a token must be fetched.
 *
 * @throws OciAuthError when a refusal is remembered, or the connector has no credential for Basic
 */
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
 * Returns the authorisation by another scheme. The plan is remembered for all requests, so this request must first obtain an
 * authorisation with it: a part of an open registry that is closed to this connector must not close the rest. Without a credential, the
 * plan is remembered only when a write led to it, because the rest of the registry stays open.
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
