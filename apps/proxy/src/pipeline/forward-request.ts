import { hostAndPort } from '@oci-connector/egress';
import { discardBody } from '../upstream/read-body';
import { relayedHeaders } from '../upstream/response-headers';
import { type UpstreamTarget } from '../upstream/upstream-target';
import { type Outcome, refuseRedirect, type Refused } from './outcome';
import { ProxyError } from '../proxy.errors';
import { type Forwardable } from './proxy-exchange';
import { withWords } from './explain-refusal';
import { sendResponse } from './send-response';

/** Asks the registry until there is an answer: `RecoverRequest`. */
export interface Recovery {
  /** To be called before the body is read. */
  beforeBody(exchange: Forwardable): Promise<Forwardable>;
  ask(exchange: Forwardable): Promise<Outcome | Refused>;
}

/** Sends the request upstream and its answer to the client, both as a stream. */
export class ForwardRequest {
  constructor(private readonly recover: Recovery) {}

  /** @throws ProxyError, EgressError, OciAuthError; after the answer has begun only its connection tells of a failure */
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
      // Held back until now, it would keep its connection for ever.
      discardBody(outcome.response);
      throw error;
    }
  }

  async #deliver({ exchange, response, hop }: Outcome): Promise<void> {
    if (response.status === 401) {
      throw loginElsewhere(hop);
    }
    const rewritten = exchange.plan.rewriteResponse(response.status, relayedHeaders(response.status, response.headers), hop);
    if (rewritten.sealedTarget) {
      await checkTarget(exchange, rewritten.sealedTarget);
    }
    if (response.carry) {
      exchange.client.record.switched = true;
      return response.carry(rewritten.headers);
    }
    await sendResponse(exchange.client, response, rewritten);
  }
}

/** An upload whose next request would be refused is not begun. */
async function checkTarget({ access }: Forwardable, target: UpstreamTarget): Promise<void> {
  const { host, port } = hostAndPort(new URL(target.origin));
  await access.upstream.policy.resolve(host, port, target.purpose).catch(refuseRedirect);
}

function isRefusal(outcome: Outcome | Refused): outcome is Refused {
  return 'refusal' in outcome;
}

/** Clients never see an upstream's 401: they would answer it with their ServiceAccount token. */
function loginElsewhere({ origin }: UpstreamTarget): ProxyError {
  return new ProxyError('RedirectRefused', 'the registry redirected to another host, which asks for a login of its own', {
    cause: new Error(`${new URL(origin).hostname} asks for a login`),
  });
}
