import { answerPing } from './answer-ping';
import { type AuthenticateClient } from './authenticate-client';
import { type AuthorizeClient } from './authorize-client';
import { type ForwardRequest } from './forward-request';
import { identifyConnector, type IdentifySettings } from './identify-connector';
import { type ObtainAuthorization } from './obtain-authorization';
import { type PlanRequest } from './plan-request';
import { type ClientExchange, Identified } from './proxy-exchange';
import { type RequestLimits } from './request-limits';
import { type ResolveConnector } from './resolve-connector';
import { type ResolveCredential } from './resolve-credential';

/** The steps of {@link HandleRequest}. */
export interface RequestSteps {
  readonly settings: IdentifySettings;
  readonly client: AuthenticateClient;
  readonly permission: AuthorizeClient;
  readonly limits: RequestLimits;
  readonly connector: ResolveConnector;
  readonly protocol: PlanRequest;
  readonly credential: ResolveCredential;
  readonly authorization: ObtainAuthorization;
  readonly forward: ForwardRequest;
}

/** The flow of a request. Each step takes what the one before returned; their types allow no other order. */
export class HandleRequest {
  constructor(private readonly steps: RequestSteps) {}

  /** @throws whatever a step throws; nothing has been written then, unless the response says so */
  async handle(client: ClientExchange): Promise<void> {
    const { steps } = this;
    const identified = identifyConnector(client, steps.settings);
    if (!(identified instanceof Identified)) return answerPing(client, steps.client);
    const authenticated = await steps.client.authenticate(identified);
    const authorized = await steps.permission.authorize(authenticated);
    client.transfer.atEnd(steps.limits.admit(authorized));
    const resolved = steps.connector.resolve(authorized);
    const planned = await steps.protocol.plan(resolved);
    const credentialed = await steps.credential.resolve(planned);
    const forwardable = await steps.authorization.obtain(credentialed);
    await steps.forward.forward(forwardable);
  }
}
