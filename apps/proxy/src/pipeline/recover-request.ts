import { type Attempt, type ChallengeHeader, OciAuthError, refusesAuthorization } from '@oci-connector/oci-auth';
import { type UpstreamPlan } from '../protocols/protocol';
import { ProxyError } from '../proxy.errors';
import { discardBody } from '../upstream/read-body';
import { type Outcome, type Refused, TOO_MANY_REQUESTS } from './outcome';
import { type Credentialed, Forwardable } from './proxy-exchange';
import { registryWords } from './registry-words';

/** Sends a request upstream; implemented by `AskUpstream`. */
export interface UpstreamRequests {
  ask(exchange: Forwardable): Promise<Outcome>;
}

/** Obtains authorisations, and remembers what the registry requires; implemented by `ObtainAuthorization`. */
export interface Authorizations {
  obtain(exchange: Credentialed, plan: UpstreamPlan, attempt: Attempt): Promise<Forwardable>;
  /** @throws OciAuthError when there is no other authorisation to try; it says why */
  renew(exchange: Forwardable, challenge: ChallengeHeader): Promise<Forwardable>;
  refused(exchange: Forwardable): Promise<OciAuthError>;
  mustLearnToWrite(exchange: Forwardable): boolean;
  learnedOpen(exchange: Forwardable): void;
  succeeded(exchange: Forwardable): void;
}

/**
 * Retries upstream requests. This table is the complete list of retries. Each row applies at most once for a request, in this order. This
 * class handles the rows without an entry in the third column. Each row has a test with the same name, in the spec of the class or function
 * that handles it.
 *
 * | situation                                                | next attempt                                                         | by                  |
 * |----------------------------------------------------------|----------------------------------------------------------------------|---------------------|
 * | a read, and a write token is available                   | the read with the write token, if the client may write               | ObtainAuthorization |
 * | the token server refuses the credential                  | the same with the current Secret, if it has changed                  | ObtainAuthorization |
 * | the token server refuses the scope of a deletion         | no token, then the actions that the challenge names                  | ObtainAuthorization |
 * | the connection is lost before a response                 | the same request, if it has no body and is idempotent                | AskUpstream         |
 * | a read gets 429 with Retry-After of at most two seconds  | the same request after that time                                     | AskUpstream         |
 * | a read is redirected                                     | the location of the redirect                                         | AskUpstream         |
 * | anonymous reads work, and a body is to be sent           | an empty write before the body, to learn how writes are authorised   |                     |
 * | the authorisation is refused, and the Secret has changed | the same request with the current Secret                             | ObtainAuthorization |
 * | the authorisation is refused, no body                    | another authorisation (OciAuthorizer.rejected); if none, the reason  |                     |
 * | the authorisation is refused after a body                | another one, proved by an empty write; then 503: the client retries  |                     |
 * | a mount gets 4xx other than 429                          | the request without the mount, to which all rows above apply         |                     |
 * | a HEAD before a push is refused                          | none; 404 if the client may push                                     | explainRefusal      |
 *
 * The registry refuses an authorisation by 401, or by 403 with a challenge for a wider token.
 */
export class RecoverRequest {
  constructor(
    private readonly upstream: UpstreamRequests,
    private readonly authorization: Authorizations,
  ) {}

  /**
   * Determines how a registry that allows anonymous reads authorises writes. This must happen before the first byte of the body is read,
   * because a body can be sent only once. The result is kept for the Connector.
   */
  async beforeBody(exchange: Forwardable): Promise<Forwardable> {
    const { emptyWrite } = exchange.plan;
    return emptyWrite && this.authorization.mustLearnToWrite(exchange) ? this.#learnToWrite(exchange, emptyWrite) : exchange;
  }

  /**
   * Returns the registry's response, after all retries.
   *
   * @throws ProxyError, EgressError or OciAuthError when the request fails
   */
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

  /** Returns another authorisation to try, or the reason why there is none. */
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

  /** The proxy cannot send a body twice, but the client can. An empty write shows whether that would help. */
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
      "the registry refused the connector's authorization after the request body was sent; send the request again",
      { retryAfterSeconds: 1 },
    );
  }

  /**
   * A refused mount must become a plain upload, whatever the reason (moby/buildkit#2454), except after 429. The proxy does not determine
   * the reason, because that would use up token requests that the plain upload may need.
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
 * Statuses which show that the registry authorised an anonymous empty write: the write succeeded, or the registry processed it and found it
 * invalid (400, 404, 416). Other statuses, such as 405, 413 and 414, may come from a gateway before any authorisation.
 */
const SHOWS_OPEN: ReadonlySet<number> = new Set([200, 201, 202, 204, 400, 404, 416]);

const IS_REFUSAL: ReadonlySet<string> = new Set([
  'CredentialRefused',
  'CredentialMissing',
  'AccessRefused',
  'TokenRequestsSpent',
  'TokenExpired',
]);

/** Whether the registry refused the Connector's authorisation. A redirect target did not get the authorisation, so it cannot refuse it. */
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

/** Whether a write succeeded. */
function isWritten({ exchange: { plan }, response: { status } }: Outcome): boolean {
  return plan.action === 'push' && plan.method !== 'GET' && status >= 200 && status < 300;
}
