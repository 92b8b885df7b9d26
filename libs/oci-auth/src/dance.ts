import { type AuthRequest } from './auth-request';
import { type Authorization } from './authorization';
import { type DanceMemory } from './dance-memory';
import { judgeRefusal } from './judge-refusal';
import { obtain, obtainInAnotherWay } from './obtain';
import { type AuthRefusal, planAfterRefusal } from './plan-after-refusal';

/**
 * What a request is to carry: the dance of challenge and response (RFC 9110 §11) with Basic (RFC 7617), Bearer (RFC 6750) and the token
 * server of distribution's token specification.
 *
 *     remembered, or asked for → request → refused, with a challenge → what the challenge asks for → request again → judged
 *
 * The caller sends the request. When the registry refuses it, this is called once more with the refusal, and gives what the request is
 * repeated with; when that is refused too, `judgeRefusal` says why. `test/dance-table/` is all of it as a table.
 *
 * @throws OciAuthError that says why there is nothing to send, or the signal's reason
 */
export async function dance(memory: DanceMemory, request: AuthRequest, refusal?: AuthRefusal): Promise<Authorization> {
  const { plans, tokens, actions } = memory;
  const { registry, options } = request;

  // The first request. What the registry wants is remembered, or it says so when it is asked without Authorization: a token, Basic, or nothing.
  if (refusal === undefined) {
    return await obtain(memory, await plans.get(registry, options.signal), request);
  }

  // The registry refuses it (RFC 9110 §15.5.2, RFC 6750 §3.1). Another request may have got a new token for the same reason meanwhile.
  const { carried } = refusal;
  const known = plans.inspect(registry);
  const newer = known && tokens.newerThan(carried, known.plan, request);
  if (newer) {
    return newer;
  }

  // What the challenge asks for: a scheme, a token server, and other actions than ours if our client may have them.
  const next = await planAfterRefusal(registry, refusal, known, () => memory.clock.now());
  if (next === undefined) {
    throw await judgeRefusal(memory, request, carried);
  }
  const wanted = actions.learn(request, next.scopeHint);
  if (next.plan.scheme !== carried.scheme) {
    return await obtainInAnotherWay(memory, next, wanted);
  }

  // The same scheme: a new token for the refused one, if that was not new itself. A user name and password stay what they are.
  plans.set(registry, next.plan, next.learned);
  const another = next.plan.scheme === 'bearer' ? await tokens.insteadOf(carried, next.plan, wanted) : undefined;
  if (another) {
    return another;
  }
  throw await judgeRefusal(memory, wanted, carried);
}
