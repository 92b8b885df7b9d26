import { hostAndPort } from '@oci-connector/egress';
import { relayedHeaders } from '../transport/response-headers';
import { type UpstreamTarget } from '../transport/upstream-target';
import { type AskUpstream, type Outcome, TOO_MANY_REQUESTS } from './ask-upstream';
import { type ObtainAuthorization } from './obtain-authorization';
import { ProxyError } from '../proxy.errors';
import { type Forwardable } from './proxy-exchange';
import { sendResponse } from './send-response';

/** Sends the request upstream and its answer to the client, both as a stream. */
export class ForwardRequest {
  constructor(
    private readonly upstream: AskUpstream,
    private readonly authorization: ObtainAuthorization,
  ) {}

  /** @throws ProxyError, EgressError, OciAuthError; after the answer has begun only its connection tells of a failure */
  async forward(exchange: Forwardable): Promise<void> {
    exchange.client.continueBody();
    let outcome = await this.upstream.ask(exchange);
    if (isRefusedMount(outcome)) outcome = await this.#withoutMount(outcome);
    if (isRefusedAuthorization(outcome)) outcome = await this.#reauthorized(outcome);
    try {
      await this.#deliver(outcome);
    } catch (error) {
      // Held back until now, it would keep its connection for ever.
      outcome.response.discard();
      throw error;
    }
  }

  #deliver({ exchange, response, hop }: Outcome): Promise<void> | undefined {
    if (response.status === 401) throw refusedThere(hop);
    const rewritten = exchange.plan.rewriteResponse(response.status, relayedHeaders(response.status, response.headers), hop);
    const send = (): Promise<void> | undefined => sendResponse(exchange.client, response, rewritten);
    return rewritten.sealedTarget ? checkTarget(exchange, rewritten.sealedTarget).then(send) : send();
  }

  /** A mount that is refused, for whatever reason, must end as a plain upload (moby/buildkit#2454); a registry in need of time is asked no more. */
  async #withoutMount({ response, exchange }: Outcome): Promise<Outcome> {
    response.discard();
    return this.upstream.ask(await this.authorization.obtain(exchange, exchange.plan.withoutMount));
  }

  /** A token may end early, and a password may change: once, a 401 is worth another try, if there is no body to repeat. */
  async #reauthorized(outcome: Outcome): Promise<Outcome> {
    const { response, exchange } = outcome;
    const { plan } = exchange;
    response.discard();
    const renewed = this.authorization.renew(exchange, response.headers['www-authenticate']);
    // Without tokens to renew, only another password is worth another try, by whomever.
    if (plan.replayable || plan.login === 'basic') {
      const again = await renewed;
      if (!again) throw refusedThere(outcome.hop);
      if (plan.replayable) return this.upstream.ask(again);
    }
    // Renewed all the same, so that the client's next attempt finds a token that works; whether it did, that one will see.
    renewed.catch(() => undefined);
    throw new ProxyError(
      'UpstreamUnauthorizedAfterBody',
      "the registry refused the connector's authorization after the body had been sent; send it again",
      { retryAfterSeconds: 1 },
    );
  }
}

/** An upload whose next request would be refused is not begun. */
async function checkTarget({ access }: Forwardable, target: UpstreamTarget): Promise<void> {
  const { host, port } = hostAndPort(new URL(target.origin));
  await access.upstream.policy.resolve(host, port, target.purpose);
}

/** Clients never see an upstream's 401: they would answer it with their ServiceAccount token. */
function refusedThere({ origin, sendCredential }: UpstreamTarget): ProxyError {
  const host = new URL(origin).hostname;
  return sendCredential
    ? new ProxyError('CredentialRefused', `the registry ${host} refuses the connector's credential; correct its Secret`)
    : new ProxyError('RedirectRefused', 'the registry redirected to another host, which asks for a login of its own', { cause: new Error(`${host} asks for a login`) });
}

function isRefusedMount({ exchange, response: { status } }: Outcome): boolean {
  return exchange.plan.withoutMount !== undefined && status >= 400 && status < 500 && status !== TOO_MANY_REQUESTS;
}

function isRefusedAuthorization({ response, hop }: Outcome): boolean {
  return response.status === 401 && hop.sendCredential;
}
