import { hostAndPort } from '@oci-connector/egress';
import { discardBody } from '../upstream/read-body';
import { relayedHeaders } from '../upstream/response-headers';
import { type UpstreamTarget } from '../upstream/upstream-target';
import { type Outcome, refuseRedirect, type Refused } from './outcome';
import { ProxyError } from '../proxy.errors';
import { type Forwardable } from './proxy-exchange';
import { withWords } from './explain-refusal';
import { sendResponse } from './send-response';

/** Sends the request upstream, with the necessary retries; implemented by `RecoverRequest`. */
export interface Recovery {
  /** Must be called before the request body is read. */
  beforeBody(exchange: Forwardable): Promise<Forwardable>;
  ask(exchange: Forwardable): Promise<Outcome | Refused>;
}

/** Sends the request upstream and the response to the client, both as a stream. */
export class ForwardRequest {
  constructor(private readonly recover: Recovery) {}

  /**
   * @throws ProxyError, EgressError or OciAuthError when the request fails; once the response has begun, only closing the connection can
   *   tell the client
   */
  async forward(exchange: Forwardable): Promise<void> {
    const ready = await this.recover.beforeBody(exchange);
    exchange.client.continueBody();
    const outcome = await this.recover.ask(ready);
    if (isRefusal(outcome)) {
      throw withWords(outcome.refusal, outcome.words);
    }
    try {
      await this.#deliver(outcome);
    } catch (error) {
      // An unread body would occupy its connection forever.
      discardBody(outcome.response);
      throw error;
    }
  }

  async #deliver({ exchange, response, hop }: Outcome): Promise<void> {
    if (response.status === 401) {
      throw loginElsewhere(hop);
    }
    const rewritten = exchange.plan.rewriteResponse(response.status, relayedHeaders(response.status, response.headers), hop);
    exchange.client.record.digest ??= rewritten.digest;
    if (rewritten.sealedTarget) {
      await checkTarget(exchange, rewritten.sealedTarget);
    }
    if (response.carry) {
      exchange.client.record.switched = 101;
      return response.carry(rewritten.headers);
    }
    await sendResponse(exchange.client, response, rewritten);
  }
}

/** Refuses to begin an upload whose next request the egress policy would refuse. */
async function checkTarget({ access }: Forwardable, target: UpstreamTarget): Promise<void> {
  const { host, port } = hostAndPort(new URL(target.origin));
  await access.upstream.policy.resolve(host, port, target.purpose).catch(refuseRedirect);
}

function isRefusal(outcome: Outcome | Refused): outcome is Refused {
  return 'refusal' in outcome;
}

/** Replaces the 401 of a redirect target. Clients never see an upstream's 401: they would answer it with their ServiceAccount token. */
function loginElsewhere({ origin }: UpstreamTarget): ProxyError {
  return new ProxyError('RedirectRefused', 'the registry redirected to another host, which asks for a login of its own', {
    cause: new Error(`${new URL(origin).hostname} asks for a login`),
  });
}
