import { type Naming } from '../naming/naming';
import { answerPing } from './answer-ping';
import { type AuthenticateClient } from './authenticate-client';
import { type AuthorizeClient } from './authorize-client';
import { explainRefusal } from './explain-refusal';
import { type ForwardRequest } from './forward-request';
import { type IdentifyRequest } from './identify-request';
import { type ObtainAuthorization } from './obtain-authorization';
import { type PlanRequest } from './plan-request';
import { type ClientExchange, Identified, type Planned } from './proxy-exchange';
import { leadsToTheSame, type RepeatReviews } from './repeat-reviews';
import { type RequestLimits } from './request-limits';
import { type ResolveConnector } from './resolve-connector';
import { type ResolveCredential } from './resolve-credential';

/** The steps of {@link HandleRequest}. */
export interface RequestSteps {
  readonly request: IdentifyRequest;
  readonly client: AuthenticateClient;
  readonly permission: AuthorizeClient;
  readonly limits: RequestLimits;
  readonly connector: ResolveConnector;
  readonly protocol: PlanRequest;
  readonly reviews: RepeatReviews;
  readonly credential: ResolveCredential;
  readonly authorization: ObtainAuthorization;
  readonly forward: ForwardRequest;
}

/**
 * Handles a request in steps. Each step takes the result of the step before; the types allow no other order. With warm caches, no step
 * waits for I/O before the request goes upstream.
 */
export class HandleRequest {
  constructor(private readonly steps: RequestSteps) {}

  /** @throws the error of the step that fails; nothing has been written to the client unless `response.headersSent` */
  async handle(client: ClientExchange, naming: Naming): Promise<void> {
    const { steps } = this;
    const identified = steps.request.identify(client, naming);
    if (!(identified instanceof Identified)) {
      return answerPing(client, identified, steps.client);
    }
    const authenticated = await steps.client.authenticate(identified);
    const authorized = await steps.permission.authorize(authenticated);
    client.transfer.atEnd(steps.limits.admit(authorized));
    const resolved = steps.connector.resolve(authorized);
    client.record.registry = resolved.resolution.address.origin;
    const planned = await steps.protocol.plan(resolved);
    if (planned.plan.webSocket) {
      client.transfer.atEnd(steps.reviews.begin(planned, async () => leadsToTheSame(planned, await this.#planAgain(identified))));
    }
    const credentialed = await steps.credential.resolve(planned);
    try {
      const forwardable = await steps.authorization.obtain(credentialed);
      await steps.forward.forward(forwardable);
    } catch (error) {
      throw await explainRefusal(credentialed, error);
    }
  }

  /** Repeats the checks of a new request, for a long-lived connection. */
  async #planAgain(identified: Identified): Promise<Planned> {
    const { steps } = this;
    const authorized = await steps.permission.authorize(await steps.client.authenticate(identified));
    return steps.protocol.plan(steps.connector.resolve(authorized));
  }
}
