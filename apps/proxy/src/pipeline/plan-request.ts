import { type Protocol, protocolOf } from '@oci-connector/connector-api';
import { type ConnectorRequest, type ProtocolHandler, type UpstreamPlan } from '../protocols/protocol';
import { ProxyError } from '../proxy.errors';
import { Planned, type Resolved } from './proxy-exchange';
import { uidOf } from './resolve-connector';

/** Lets the protocol of the class read the request and say what to send where. */
export class PlanRequest {
  constructor(private readonly handlers: Readonly<Record<Protocol, ProtocolHandler>>) {}

  /** @throws ProxyError when the request is outside the protocol's grammar */
  plan(exchange: Resolved): Planned | Promise<Planned> {
    const handler = this.handlers[protocolOf(exchange.resolution.connectorClass)];
    const plan = handler.plan(connectorRequest(exchange));
    return plan instanceof Promise ? plan.then((made) => planned(exchange, made)) : planned(exchange, plan);
  }
}

function planned(exchange: Resolved, plan: UpstreamPlan): Planned {
  const { record } = exchange.client;
  record.route = plan.route;
  record.action = plan.action;
  record.repository = plan.repository;
  return new Planned(exchange, plan);
}

function connectorRequest(exchange: Resolved): ConnectorRequest {
  const { client, named, identity, resolution } = exchange;
  const { connector, address } = resolution;
  const { request } = client;
  if (!identity.serviceAccount) throw new ProxyError('Internal', 'an authorized client that is no ServiceAccount');
  return {
    method: request.method ?? '',
    path: named.path,
    query: named.query,
    addressForm: named.form,
    connector: { namespace: named.namespace, name: named.name, uid: uidOf(connector) },
    address,
    client: identity.serviceAccount,
    headers: request.headers,
    hasBody: hasBody(request.headers),
    allows: exchange.allows,
  };
}

/** RFC 9112 §6.3: a request has a body when it is framed with one. */
function hasBody(headers: ConnectorRequest['headers']): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
