import { type Clock, sleep } from '@oci-connector/clock';
import { type CredentialStore } from '@oci-connector/credentials';
import { AccessReviewer, type KubeClient, type Reachability, TokenReviewer, TokenSignatures } from '@oci-connector/kube';
import { type OciAuthorizer } from '@oci-connector/oci-auth';
import { type Logger } from 'pino';
import { type ProxyMetrics } from './observability/proxy-metrics';
import { AskUpstream } from './pipeline/ask-upstream';
import { AuthenticateClient } from './pipeline/authenticate-client';
import { AuthorizeClient } from './pipeline/authorize-client';
import { ConnectorAddresses } from './pipeline/connector-addresses';
import { ForwardRequest } from './pipeline/forward-request';
import { HandleRequest } from './pipeline/handle-request';
import { IdentifyRequest } from './pipeline/identify-request';
import { ObtainAuthorization } from './pipeline/obtain-authorization';
import { PlanRequest } from './pipeline/plan-request';
import { RecoverRequest } from './pipeline/recover-request';
import { RepeatReviews } from './pipeline/repeat-reviews';
import { RequestLimits } from './pipeline/request-limits';
import { ResolveConnector } from './pipeline/resolve-connector';
import { ResolveCredential } from './pipeline/resolve-credential';
import { type ProtocolHandler } from './protocols/protocol';
import { Protocols, shippedProtocols } from './protocols/protocols';
import { type ProxySettings } from './proxy.config';
import { type ProxyState } from './proxy-state';
import { LocationSeal } from './sealing/location-seal';
import { type SealingKeys } from './sealing/sealing-keys';
import { type UpstreamPool } from './upstream/upstream-pool';

/** The parts of the proxy that the steps of a request use. */
export interface RequestHandlerParts {
  readonly settings: ProxySettings;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ProxyMetrics;
  readonly reachability: Reachability;
  readonly state: ProxyState;
  readonly sealing: SealingKeys;
  readonly upstreams: UpstreamPool;
  readonly credentials: CredentialStore;
  readonly authorizer: OciAuthorizer;
  /** Handlers in addition to those of {@link shippedProtocols}. */
  readonly protocols?: Readonly<Record<string, ProtocolHandler>>;
}

/** The handler, and those of its parts that the forward proxy uses before it knows the Connector of a request. */
export interface RequestHandler {
  readonly handler: HandleRequest;
  readonly client: AuthenticateClient;
  readonly permission: AuthorizeClient;
  readonly protocols: Protocols;
  readonly addresses: ConnectorAddresses;
}

/** Creates the steps of a request; `handle-request.ts` has their order. */
export function createRequestHandler(parts: RequestHandlerParts): RequestHandler {
  const { settings, client, clock, logger, metrics, reachability, state } = parts;
  const [audience = '', ...otherAudiences] = settings.audiences;
  const reviews = { client, clock, reachability, onReview: (kind: 'token' | 'access', outcome: string) => metrics.reviewed(kind, outcome) };
  const signatures = new TokenSignatures({
    client,
    clock,
    onError: (error, retryMs) =>
      logger.info(
        { err: error },
        `the keys that tokens are signed with cannot be read: the API server is asked about each token; tried again in ${retryMs / 1_000} s`,
      ),
  });
  const protocols = new Protocols({ ...shippedProtocols({ seal: new LocationSeal(parts.sealing, clock) }), ...parts.protocols });
  const credential = new ResolveCredential(parts.credentials, parts.upstreams);
  const authorization = new ObtainAuthorization(parts.authorizer, credential);
  const ask = new AskUpstream({
    via: settings.via,
    now: () => clock.now(),
    delay: (ms, signal) => sleep(clock, ms, signal).then(() => signal.throwIfAborted()),
  });
  const addresses = new ConnectorAddresses();
  const authenticate = new AuthenticateClient(
    new TokenReviewer({ ...reviews, audiences: [audience, ...otherAudiences], signatures }),
    audience,
  );
  const authorize = new AuthorizeClient(new AccessReviewer(reviews), settings.acceptGetConnectors);
  const limits = new RequestLimits({
    perConnector: { transfers: settings.maxTransfersPerConnector, requestsPerSecond: settings.requestRatePerConnector },
    perClient: { transfers: settings.maxTransfersPerClient, requestsPerSecond: settings.requestRatePerClient },
    now: () => clock.monotonic(),
  });
  metrics.measureLimit('connector_requests', () => limits.usage.connector);
  metrics.measureLimit('client_requests', () => limits.usage.client);
  const handler = new HandleRequest({
    request: new IdentifyRequest(protocols, settings.via),
    client: authenticate,
    permission: authorize,
    limits,
    connector: new ResolveConnector({
      connectors: state.connectors,
      classes: state.classes,
      installation: settings,
      protocols,
      addresses,
    }),
    protocol: new PlanRequest(),
    reviews: new RepeatReviews(clock),
    credential,
    authorization,
    forward: new ForwardRequest(new RecoverRequest(ask, authorization)),
  });
  return { handler, client: authenticate, permission: authorize, protocols, addresses };
}
