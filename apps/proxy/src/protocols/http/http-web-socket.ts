import { ProxyError } from '../../proxy.errors';
import { type ConnectorRequest, type UpstreamPlan } from '../protocol';
import { WEB_SOCKET_VERSION } from '../web-socket-version';

/** RFC 6455 §4.1: 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** A subprotocol in which Kubernetes clients send their token. The service must get only the Connector's credential. */
const TOKEN_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';

/**
 * Turns the plan into one for a WebSocket, which also requires the verb that the class names.
 *
 * @throws ProxyError UpgradeUnsupported when the class or the version does not allow it, RequestMalformed when the key is invalid
 */
export function asWebSocket(plan: UpstreamPlan, request: ConnectorRequest): UpstreamPlan {
  const verb = request.classHttp?.upgrade?.verb;
  if (verb === undefined) {
    throw new ProxyError(
      'UpgradeUnsupported',
      'the class of this connector allows no WebSocket; its author allows it by spec.http.upgrade. Send other requests without the header Upgrade',
    );
  }
  return {
    ...plan,
    webSocket: true,
    furtherVerb: { verb, why: `a WebSocket of this class needs the verb ${verb} too` },
    action: 'websocket',
    // After a redirect the client has to send another request, because its permission was checked only for this place.
    followRedirects: false,
    requestHeaders: { ...plan.requestHeaders, ...handshakeHeaders(request) },
  };
}

/** Returns the headers of the handshake for the service (RFC 6455 §4.2.1). */
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

/** Maps the origin of the service's own pages to the service's origin. The service decides about every other origin (RFC 6455 §10.2). */
function originUpstream(origin: string, host: string | undefined, own: string): string {
  return /^https?:\/\/(.+)$/i.exec(origin)?.[1]?.toLowerCase() === host?.toLowerCase() ? own : origin;
}
