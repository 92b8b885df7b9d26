import { type AuthRequest } from './auth-request';
import { type Authorization } from './authorization';
import { type DanceMemory } from './dance-memory';
import { judgeBasic } from './judge-basic';
import { OciAuthError } from './oci-auth.errors';
import { type BearerPlan } from './registry-probe';
import { accessRefused, credentialRefused } from './token-source';

/** Returns why the registry finally refuses: `CredentialRefused`, `CredentialMissing`, `AccessRefused` or `TokenExpired`. */
export async function judgeRefusal(memory: DanceMemory, request: AuthRequest, carried: Authorization): Promise<OciAuthError> {
  const { registry } = request;
  if (carried.scheme === 'none') {
    return registry.credential ? credentialRefused(registry) : accessRefused(registry);
  }
  if (carried.scheme === 'basic') {
    return await ofBasic(memory, request);
  }
  const plan = memory.plans.inspect(registry)?.plan;
  return plan?.scheme === 'bearer' ? await ofToken(memory, plan, request) : accessRefused(registry);
}

async function ofBasic({ tokens, refusals }: DanceMemory, request: AuthRequest): Promise<OciAuthError> {
  const { registry } = request;
  if (registry.credential === undefined) {
    return accessRefused(registry);
  }
  tokens.noteRefusal({ scheme: 'basic' }, request);
  const refusal = await judgeBasic(registry, registry.credential, refusals);
  tokens.refuse({ scheme: 'basic' }, request, refusal);
  return refusal;
}

async function ofToken({ tokens, source }: DanceMemory, plan: BearerPlan, request: AuthRequest): Promise<OciAuthError> {
  tokens.noteRefusal(plan, request);
  if (tokens.endsTooEarly(plan, request)) {
    return new OciAuthError(
      'TokenExpired',
      `The tokens of the token server ${plan.realm.origin} expire before they reach the registry ${request.registry.origin}. Configure the token server to issue tokens with a longer lifetime.`,
    );
  }
  return await source.judge({ ...request, plan });
}
