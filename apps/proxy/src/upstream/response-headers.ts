import { ProxyError } from '../proxy.errors';
import { connectionListed, HOP_BY_HOP } from './request-headers';

/** Header names in lower case, as `node:http` and undici return them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Headers from the upstream to the proxy, which must not reach the proxy's clients. */
const DROPPED = new Set([
  // Authentication is between the proxy and the upstream: a challenge would send clients to the upstream's token server (rule C2).
  'www-authenticate',
  'proxy-authenticate',
  'authentication-info',
  'proxy-authentication-info',
  // Request headers: a service that returns the headers that it received would reveal the credential.
  'authorization',
  'cookie',
  // Sessions of the upstream. When a client sends Harbor's session back, uploads fail (CSRF).
  'set-cookie',
  'set-cookie2',
  'clear-site-data',
  // About the upstream's host; wrong or harmful for the proxy's host.
  'strict-transport-security',
  'public-key-pins',
  'alt-svc',
  'nel',
  'report-to',
  'reporting-endpoints',
  'refresh',
]);

/** Removed from every response: Content-Length is set again if it is part of the proxy's own framing. */
const REMOVED: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'content-length']);

/** For {@link relayedHeaders}: everything from one hop to the next goes to the client. */
export const NOTHING_DROPPED: ReadonlySet<string> = new Set();

/** RFC 9112 §6.2. Neither a list of equal values, which RFC 9110 §8.6 allows to accept, nor a length of 2^53 or more is accepted. */
const CONTENT_LENGTH = /^\d{1,15}$/;

/** RFC 9110 §8.6: no Content-Length in a 204. */
const NO_CONTENT = 204;

/** RFC 9110 §15.5.8: only proxies send it, and there is none before the upstream. Clients would ask for another login. */
const PROXY_AUTHENTICATION_REQUIRED = 407;

/** RFC 9110 §15 defines no status class above. Clients do not know the numbers that some gateways invent. */
const MAX_STATUS = 599;

/** @throws ProxyError UpstreamInvalid when clients could not read the response, or would misread it, with the proxy's own framing */
function refuseUnreadable(status: number, headers: ResponseHeaders): void {
  const coding = headers['transfer-encoding'];
  // RFC 9112 §6.1: another coding below chunked would be lost with the upstream's framing. Clients would read the coded bytes as content.
  if (coding !== undefined && (typeof coding !== 'string' || coding.trim().toLowerCase() !== 'chunked')) {
    throw new ProxyError('UpstreamInvalid', 'the registry answered with a transfer coding other than chunked');
  }
  const length = headers['content-length'];
  if (length !== undefined && (typeof length !== 'string' || !CONTENT_LENGTH.test(length))) {
    throw new ProxyError('UpstreamInvalid', 'the registry answered with a Content-Length that is not a valid length');
  }
  if (status > MAX_STATUS) {
    throw new ProxyError(
      'UpstreamInvalid',
      `the registry answered with status ${status}, which does not exist; check for a gateway in front of it`,
    );
  }
  if (status === PROXY_AUTHENTICATION_REQUIRED) {
    throw new ProxyError('UpstreamInvalid', 'the registry answered 407, which only a proxy may send; check for a proxy in front of it');
  }
}

/**
 * Returns the upstream's headers for the client, with the proxy's own framing (rules C7 and C8).
 *
 * @param dropped by default, what must not come from a Connector's upstream
 * @throws ProxyError UpstreamInvalid when clients could not read the response, or would misread it, with that framing
 */
export function relayedHeaders(
  status: number,
  headers: ResponseHeaders,
  dropped: ReadonlySet<string> = DROPPED,
): Record<string, string | string[]> {
  refuseUnreadable(status, headers);
  const listed = connectionListed(headers['connection']);
  const relayed: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !REMOVED.has(name) && !dropped.has(name) && !listed.has(name)) {
      relayed[name] = value;
    }
  }
  const length = headers['content-length'];
  const chunked = headers['transfer-encoding'] !== undefined;
  // Node's server chunks a body without Content-Length by itself.
  if (length !== undefined && !chunked && status !== NO_CONTENT) {
    relayed['content-length'] = length;
  }
  return relayed;
}
