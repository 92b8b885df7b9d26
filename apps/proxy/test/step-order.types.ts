import { type AuthenticateClient } from '../src/pipeline/authenticate-client';
import { type AuthorizeClient } from '../src/pipeline/authorize-client';
import { type ForwardRequest } from '../src/pipeline/forward-request';
import { type ObtainAuthorization } from '../src/pipeline/obtain-authorization';
import {
  type Authenticated,
  type Authorized,
  type Credentialed,
  type Identified,
  type Planned,
  type Resolved,
} from '../src/pipeline/proxy-exchange';
import { type PlanRequest } from '../src/pipeline/plan-request';
import { type ResolveConnector } from '../src/pipeline/resolve-connector';
import { type ResolveCredential } from '../src/pipeline/resolve-credential';

interface Steps {
  readonly client: AuthenticateClient;
  readonly permission: AuthorizeClient;
  readonly connector: ResolveConnector;
  readonly protocol: PlanRequest;
  readonly credential: ResolveCredential;
  readonly authorization: ObtainAuthorization;
  readonly forward: ForwardRequest;
}

/** Never run: `npm run typecheck` fails when one of these lines begins to compile. */
export function skippingAStepDoesNotCompile(steps: Steps, identified: Identified, authenticated: Authenticated): unknown[] {
  const authorized = undefined as unknown as Authorized;
  const resolved = undefined as unknown as Resolved;
  const planned = undefined as unknown as Planned;
  const credentialed = undefined as unknown as Credentialed;
  return [
    // @ts-expect-error the client is not known yet
    () => steps.permission.authorize(identified),
    // @ts-expect-error the client was not authorised
    () => steps.connector.resolve(authenticated),
    // @ts-expect-error the client was not even authenticated
    () => steps.connector.resolve(identified),
    // @ts-expect-error the connector is not known yet
    () => steps.protocol.plan(authorized),
    // @ts-expect-error the protocol has not read the request
    () => steps.credential.resolve(resolved),
    // @ts-expect-error no credential was resolved
    () => steps.authorization.obtain(planned),
    // @ts-expect-error there is no authorisation for the registry
    () => steps.forward.forward(credentialed),
    // @ts-expect-error an unauthorised request must not be forwarded
    () => steps.forward.forward(authenticated),
    // @ts-expect-error a similar object is not accepted: the steps' members are private
    () => steps.forward.forward({ ...(credentialed as object), authorization: { scheme: 'none', scopes: [], refusedScopes: [] } }),
  ];
}
