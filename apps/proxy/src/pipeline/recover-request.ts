import { type Attempt, type ChallengeHeader, OciAuthError, refusesAuthorization } from '@oci-connector/oci-auth';
import { type UpstreamPlan } from '../protocols/protocol';
import { ProxyError } from '../proxy.errors';
import { discardBody } from '../upstream/read-body';
import { type Outcome, type Refused, TOO_MANY_REQUESTS } from './outcome';
import { type Credentialed, Forwardable } from './proxy-exchange';
import { registryWords } from './registry-words';

/** Sends a request upstream: `AskUpstream`. */
export interface UpstreamRequests {
  ask(exchange: Forwardable): Promise<Outcome>;
}

/** What the registry wants to see, and what is known of that: `ObtainAuthorization`. */
export interface Authorizations {
  obtain(exchange: Credentialed, plan: UpstreamPlan, attempt: Attempt): Promise<Forwardable>;
  /** @throws OciAuthError that says why there is no other to try */
  renew(exchange: Forwardable, challenge: ChallengeHeader): Promise<Forwardable>;
  refused(exchange: Forwardable): Promise<OciAuthError>;
  mustLearnToWrite(exchange: Forwardable): boolean;
  learnedOpen(exchange: Forwardable): void;
  succeeded(exchange: Forwardable): void;
}

/**
 * All that is tried again, each of it once for a request, in the order of this table; it is the only list. What the third column does
 * not name is done here. Each row has a test of the same name, in the spec of who carries it out.
 *
 * | what happens                                             | what is tried                                                        | by                  |
 * |----------------------------------------------------------|----------------------------------------------------------------------|---------------------|
 * | a read, and a token to write is at hand                  | the read with it, for those who may write                            | ObtainAuthorization |
 * | the token server refuses the credential                  | the Secret as the API server has it now, if that is another          | ObtainAuthorization |
 * | the token server refuses the scope of a deletion         | the request bare, then the actions that its challenge names          | ObtainAuthorization |
 * | the connection is lost before an answer                  | the same, if it has no body and is idempotent                        | AskUpstream         |
 * | 429 that is over in two seconds, to a read               | the same after that time                                             | AskUpstream         |
 * | a redirect of a read                                     | the place that it names                                              | AskUpstream         |
 * | all may read, and a body is to be sent                   | an empty write, before the body: how are writes authorised?          |                     |
 * | the authorisation is refused, and the Secret has changed | the same with the Secret of now                                      | ObtainAuthorization |
 * | the authorisation is refused, no body                    | another authorisation (OciAuthorizer.rejected), or why there is none |                     |
 * | the authorisation is refused after a body                | another authorisation, proved by an empty write: 503, send it again  |                     |
 * | 4xx but 429 to a mount, whatever it says                 | the same without the mount, and all of the above for that            |                     |
 * | a look before a push is refused                          | nothing: 404, for those who may push                                 | explainRefusal      |
 *
 * An authorisation is refused by 401, and by 403 that asks for a wider token.
 */
export class RecoverRequest {
  constructor(
    private readonly upstream: UpstreamRequests,
    private readonly authorization: Authorizations,
  ) {}

  /**
   * Finds out, before the first byte of a body is read, how a registry authorises writes that lets everybody read: a body can be sent
   * once. What is learnt is kept for the Connector.
   */
  async beforeBody(exchange: Forwardable): Promise<Forwardable> {
    const { emptyWrite } = exchange.plan;
    return emptyWrite && this.authorization.mustLearnToWrite(exchange) ? this.#learnToWrite(exchange, emptyWrite) : exchange;
  }

  /** The registry's answer, after all that could be tried. @throws ProxyError, EgressError, OciAuthError */
  async ask(exchange: Forwardable): Promise<Outcome | Refused> {
    if (exchange.plan.withoutMount) {
      return this.#mounted(exchange, exchange.plan.withoutMount);
    }
    const outcome = await this.#authorized(exchange);
    return 'refusal' in outcome ? outcome : this.#written(outcome);
  }

  async #learnToWrite(exchange: Forwardable, emptyWrite: UpstreamPlan): Promise<Forwardable> {
    const outcome = await this.upstream.ask(new Forwardable(exchange, exchange, emptyWrite));
    discardBody(outcome.response);
    if (isRefused(outcome)) {
      return this.authorization.renew(exchange, challengeOf(outcome));
    }
    if (SHOWS_OPEN.has(outcome.response.status)) {
      this.authorization.learnedOpen(exchange);
    }
    return exchange;
  }

  async #authorized(exchange: Forwardable): Promise<Outcome | Refused> {
    const first = await this.upstream.ask(exchange);
    if (!isRefused(first)) {
      return first;
    }
    const words = await wordsOf(first);
    const another = await this.#another(first);
    if (another instanceof OciAuthError) {
      return { ...first, refusal: another, words };
    }
    if (!exchange.plan.replayable) {
      return this.#afterBody({ ...first, words }, another);
    }
    const second = await this.upstream.ask(another);
    return isRefused(second) ? this.#refused(second) : second;
  }

  /** Another authorisation to try, or why there is none. */
  async #another(outcome: Outcome): Promise<Forwardable | OciAuthError> {
    try {
      return await this.authorization.renew(outcome.exchange, challengeOf(outcome));
    } catch (error) {
      if (error instanceof OciAuthError && IS_REFUSAL.has(error.code)) {
        return error;
      }
      throw error;
    }
  }

  async #refused(outcome: Outcome): Promise<Refused> {
    const words = await wordsOf(outcome);
    return { ...outcome, refusal: await this.authorization.refused(outcome.exchange), words };
  }

  /** A body cannot be sent twice by us. The client may, where that helps; an empty write shows whether it does. */
  async #afterBody(first: Outcome & Pick<Refused, 'words'>, another: Forwardable): Promise<Refused> {
    const { emptyWrite } = another.plan;
    const proof = emptyWrite && (await this.upstream.ask(new Forwardable(another, another, emptyWrite)));
    if (proof && isRefused(proof)) {
      const { words, refusal } = await this.#refused(proof);
      return { ...first, refusal, words: words ?? first.words };
    }
    if (proof) {
      discardBody(proof.response);
    }
    throw new ProxyError(
      'UpstreamUnauthorizedAfterBody',
      "the registry refused the connector's authorization after the body had been sent; send it again",
      { retryAfterSeconds: 1 },
    );
  }

  /**
   * A mount that is refused, for whatever reason, must end as a plain upload (moby/buildkit#2454); a registry in need of time is asked no
   * more. Why what was sent is refused is not found out: that would cost what the plain upload may need.
   */
  async #mounted(exchange: Forwardable, withoutMount: UpstreamPlan): Promise<Outcome | Refused> {
    const first = await this.upstream.ask(exchange);
    const login = isRefused(first) && exchange.authorization.scheme === 'none' ? await this.#another(first) : undefined;
    if (!(login instanceof Forwardable) && !refusesMount(first)) {
      return this.#written(first);
    }
    discardBody(first.response);
    if (login instanceof Forwardable) {
      const second = await this.upstream.ask(login);
      if (!refusesMount(second)) {
        return this.#written(second);
      }
      discardBody(second.response);
    }
    return this.ask(await this.authorization.obtain(exchange, withoutMount, exchange.attempt));
  }

  #written(outcome: Outcome): Outcome {
    if (isWritten(outcome)) {
      this.authorization.succeeded(outcome.exchange);
    }
    return outcome;
  }
}

/**
 * Answers to an empty write that only a client gets who may write: it is done, or it was understood and makes no sense (404, 400
 * and 416). Others may come from something in front that asked nobody: 413, 414, 405 and the like.
 */
const SHOWS_OPEN: ReadonlySet<number> = new Set([200, 201, 202, 204, 400, 404, 416]);

const IS_REFUSAL: ReadonlySet<string> = new Set([
  'CredentialRefused',
  'CredentialMissing',
  'AccessRefused',
  'TokenRequestsSpent',
  'TokenExpired',
]);

/** Only what was asked with the connector's authorisation can refuse it: a place that was redirected to got none. */
function isRefused({ exchange, response: { status, headers }, hop }: Outcome): boolean {
  return hop.sendCredential && refusesAuthorization(status, headers['www-authenticate'], exchange.authorization);
}

function challengeOf({ response: { headers } }: Outcome): string | string[] | undefined {
  return headers['www-authenticate'];
}

function wordsOf({ exchange: { authorization, access }, response }: Outcome): Promise<string | undefined> {
  const { credential } = access;
  const secrets = [authorization.header, credential?.password, credential?.identityToken];
  return registryWords(
    response,
    secrets.filter((secret) => secret !== undefined),
  );
}

function refusesMount({ response: { status } }: Outcome): boolean {
  return status >= 400 && status < 500 && status !== TOO_MANY_REQUESTS;
}

/** A write that succeeded, whatever came of it. */
function isWritten({ exchange: { plan }, response: { status } }: Outcome): boolean {
  return plan.action === 'push' && plan.method !== 'GET' && status >= 200 && status < 300;
}
