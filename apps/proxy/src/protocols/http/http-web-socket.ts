import { ProxyError } from '../../proxy.errors';
import { type ConnectorRequest, type UpstreamPlan } from '../protocol';
import { WEB_SOCKET_VERSION } from '../web-socket-version';

/** RFC 6455 §4.1: 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** A subprotocol in which clients of Kubernetes carry their token; the service is to see the Connector's credential only. */
const TOKEN_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';

/**
 * Makes a WebSocket of the plan, for those who hold the verb that the class asks for as well.
 *
 * @throws ProxyError UpgradeUnsupported, RequestMalformed, PermissionDenied
 */
export async function asWebSocket(plan: UpstreamPlan, request: ConnectorRequest): Promise<UpstreamPlan> {
  const verb = request.classHttp?.upgrade?.verb;
  if (verb === undefined) {
    throw new ProxyError(
      'UpgradeUnsupported',
      'the class of this connector allows no WebSocket; its author allows it by spec.http.upgrade. Send other requests without the header Upgrade',
    );
  }
  const requestHeaders = { ...plan.requestHeaders, ...handshakeHeaders(request) };
  if (!(await request.allows(verb))) {
    const { namespace, name } = request.connector;
    throw new ProxyError(
      'PermissionDenied',
      `a WebSocket needs the verb ${verb} too: the client may not ${verb} connectors/proxy "${name}" in namespace "${namespace}"; bind it to a role that allows it there`,
    );
  }
  return {
    ...plan,
    webSocket: true,
    action: 'websocket',
    // Where a redirect leads, the client has to ask again: whether it may, was asked for this place.
    followRedirects: false,
    requestHeaders,
  };
}

/** RFC 6455 §4.2.1: what the service is told of the WebSocket. */
function handshakeHeaders({ headers, address }: ConnectorRequest): Record<string, string | undefined> {
  if (headers['sec-websocket-version'] !== WEB_SOCKET_VERSION) {
    throw new ProxyError(
      'UpgradeUnsupported',
      `of WebSocket only version ${WEB_SOCKET_VERSION} is served; send Sec-WebSocket-Version: ${WEB_SOCKET_VERSION}`,
    );
  }
  const key = headers['sec-websocket-key'];
  if (key === undefined || !KEY.test(key)) {
    throw new ProxyError('RequestMalformed', 'a WebSocket needs one Sec-WebSocket-Key of 16 bytes in base64 (RFC 6455 §4.1)');
  }
  return {
    'sec-websocket-key': key,
    'sec-websocket-version': WEB_SOCKET_VERSION,
    'sec-websocket-protocol': protocolsWithoutToken(headers['sec-websocket-protocol']),
    'sec-websocket-extensions': headers['sec-websocket-extensions'],
    origin: headers.origin === undefined ? undefined : originUpstream(headers.origin, headers.host, address.origin),
  };
}

function protocolsWithoutToken(offered: string | undefined): string | undefined {
  const kept = (offered ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.toLowerCase().startsWith(TOKEN_PROTOCOL));
  return kept.length === 0 ? undefined : kept.join(', ');
}

/** A page of the service itself, as its client sees it, is one to the service. Any other origin is for the service to judge (RFC 6455 §10.2). */
function originUpstream(origin: string, host: string | undefined, own: string): string {
  return /^https?:\/\/(.+)$/i.exec(origin)?.[1]?.toLowerCase() === host?.toLowerCase() ? own : origin;
}
