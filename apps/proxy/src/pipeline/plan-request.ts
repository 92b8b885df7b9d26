import { type ProxyVerb } from '@oci-connector/connector-api';
import { hasContent, listsOnly } from '@oci-connector/http';
import { type ConnectorRequest, type UpstreamPlan } from '../protocols/protocol';
import { ProxyError } from '../proxy.errors';
import { uidOf } from './connector-uid';
import { permissionDenied } from './permission-denied';
import { Planned, type Resolved } from './proxy-exchange';

/** Creates the plan for the upstream request, with the protocol of the Connector's class. */
export class PlanRequest {
  /** @throws ProxyError when the protocol refuses the request, or the client lacks a verb that the protocol requires */
  async plan(exchange: Resolved): Promise<Planned> {
    const { protocol } = exchange.resolution;
    const request = connectorRequest(exchange);
    const plan = await planOf(exchange, request);
    const verb = protocol.verbOf(request.method, request.path);
    if (verb !== exchange.verb) {
      await checkVerb(exchange, verb);
    }
    if (plan.furtherVerb) {
      await checkVerb(exchange, plan.furtherVerb.verb, plan.furtherVerb.why);
    }
    return planned(exchange, plan);
  }
}

/** Plans a request. A request with an Upgrade header is never handled as if it had none, unless the protocol ignores this upgrade. */
function planOf({ client, resolution: { protocol } }: Resolved, request: ConnectorRequest): UpstreamPlan | Promise<UpstreamPlan> {
  const { upgrade } = request.headers;
  if (upgrade === undefined || listsOnly(upgrade, protocol.ignoredUpgrades)) {
    return protocol.plan(request);
  }
  if (client.connection && protocol.planWebSocket) {
    return protocol.planWebSocket(request);
  }
  throw new ProxyError(
    'UpgradeUnsupported',
    'this upgrade is not served: HTTP services may have one, WebSocket (a GET without content, with Upgrade: websocket and Connection: Upgrade); send other requests without the header Upgrade (curl --http1.1; HttpClient.Version.HTTP_1_1 in Java)',
  );
}

/** Checks a verb in addition to the authorised one: the one that this protocol, unlike others, requires for the request, or a further one. */
async function checkVerb(exchange: Resolved, verb: ProxyVerb | undefined, why?: string): Promise<void> {
  if (verb === undefined) {
    throw new ProxyError('Internal', 'the protocol has a plan for a method that it does not support');
  }
  if (!(await exchange.allows(verb))) {
    throw permissionDenied(exchange, verb, why);
  }
}

function planned(exchange: Resolved, plan: UpstreamPlan): Planned {
  const { record } = exchange.client;
  record.route = plan.route;
  record.action = plan.action;
  record.repository = plan.repository;
  record.reference = plan.reference;
  record.digest = plan.digest;
  return new Planned(exchange, plan);
}

function connectorRequest(exchange: Resolved): ConnectorRequest {
  const { client, named, identity, resolution } = exchange;
  const { connector, connectorClass, address } = resolution;
  const { request } = client;
  if (!identity.serviceAccount) {
    throw new ProxyError('Internal', 'the authorized client is not a ServiceAccount');
  }
  return {
    method: request.method ?? '',
    path: named.path,
    query: named.query,
    paths: named.paths,
    connector: { namespace: named.namespace, name: named.name, uid: uidOf(connector) },
    classHttp: connectorClass.spec.http,
    address,
    client: identity.serviceAccount,
    headers: request.headers,
    hasBody: hasContent(request.headers),
    allows: exchange.allows,
  };
}
