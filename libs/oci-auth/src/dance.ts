import { type AuthRequest } from './auth-request';
import { type Authorization } from './authorization';
import { type DanceMemory } from './dance-memory';
import { judgeRefusal } from './judge-refusal';
import { obtain, obtainInAnotherWay } from './obtain';
import { type AuthRefusal, planAfterRefusal } from './plan-after-refusal';

/**
 * Returns the authorisation that a request carries. This is the "dance" of challenge and response (RFC 9110 §11) with Basic (RFC 7617),
 * Bearer (RFC 6750) and the token server of distribution's token specification.
 *
 *     remembered, or requested → request → refused with a challenge → what the challenge asks for → request again → judged
 *
 * The caller sends the request. When the registry refuses it, the caller calls this function once more with the refusal and repeats the
 * request with the result. When the registry refuses that too, `judgeRefusal` says why. `test/dance-table/` has every case as a table.
 *
 * @throws OciAuthError when there is nothing (else) to send; it says why. Or the signal's reason
 */
export async function dance(memory: DanceMemory, request: AuthRequest, refusal?: AuthRefusal): Promise<Authorization> {
  const { plans, tokens, actions } = memory;
  const { registry, options } = request;

  // The first request. How the registry authorises is remembered, or a request without Authorization finds it out: a token, Basic, or nothing.
  if (refusal === undefined) {
    return await obtain(memory, await plans.get(registry, options.signal), request);
  }

  // The registry refuses it (RFC 9110 §15.5.2, RFC 6750 §3.1). Another request may have fetched a new token for the same reason meanwhile.
  const { carried } = refusal;
  const known = plans.inspect(registry);
  const newer = known && tokens.newerThan(carried, known.plan, request);
  if (newer) {
    return newer;
  }

  // The challenge names a scheme, a token server, and possibly other actions than ours. Those are used if our client may have them.
  const next = await planAfterRefusal(registry, refusal, known, () => memory.clock.now());
  if (next === undefined) {
    throw await judgeRefusal(memory, request, carried);
  }
  const wanted = actions.learn(request, next.scopeHint);
  if (next.plan.scheme !== carried.scheme) {
    return await obtainInAnotherWay(memory, next, wanted);
  }

  // The same scheme: a new token replaces the refused one, unless that was new itself. A user name and password cannot be replaced.
  plans.set(registry, next.plan, next.learned);
  const another = next.plan.scheme === 'bearer' ? await tokens.insteadOf(carried, next.plan, wanted) : undefined;
  if (another) {
    return another;
  }
  throw await judgeRefusal(memory, wanted, carried);
}
