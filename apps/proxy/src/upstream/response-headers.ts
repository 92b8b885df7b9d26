import { ProxyError } from '../proxy.errors';
import { connectionListed, HOP_BY_HOP } from './request-headers';

/** Header names in lower case, as `node:http` and undici give them. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What an upstream says to its own client and must not say to ours. */
const DROPPED = new Set([
  // Authentication is between us and the upstream: a challenge would send our clients to its token server (rule C2).
  'www-authenticate',
  'proxy-authenticate',
  'authentication-info',
  'proxy-authentication-info',
  // Of requests only: a service that shows what it was sent would give the credential away.
  'authorization',
  'cookie',
  // Sessions of the upstream; sent back, Harbor's makes uploads fail (CSRF).
  'set-cookie',
  'set-cookie2',
  'clear-site-data',
  // Said of the upstream's host, wrong or harmful for ours.
  'strict-transport-security',
  'public-key-pins',
  'alt-svc',
  'nel',
  'report-to',
  'reporting-endpoints',
  'refresh',
  // Made anew below.
  'content-length',
]);

/** RFC 9112 §6.2; a list of equal values, which RFC 9110 §8.6 lets us accept, is not accepted, nor what a number cannot hold (2^53). */
const CONTENT_LENGTH = /^\d{1,15}$/;

/** RFC 9110 §8.6: no Content-Length in a 204. */
const NO_CONTENT = 204;

/** RFC 9110 §15.5.8: only from a proxy, and there is none between us and the upstream; clients would ask for another login. */
const PROXY_AUTHENTICATION_REQUIRED = 407;

/** RFC 9110 §15: there are no classes of status beyond; what some gateways make up means nothing to clients. */
const MAX_STATUS = 599;

/** @throws ProxyError UpstreamInvalid for an answer that clients could not read, or would misunderstand, after our new framing */
function refuseUnreadable(status: number, headers: ResponseHeaders): void {
  const coding = headers['transfer-encoding'];
  // RFC 9112 §6.1: a coding under the chunks would be lost with the old framing, and its bytes be taken for the content.
  if (coding !== undefined && (typeof coding !== 'string' || coding.trim().toLowerCase() !== 'chunked')) {
    throw new ProxyError('UpstreamInvalid', 'the registry answered with a transfer coding other than chunked');
  }
  const length = headers['content-length'];
  if (length !== undefined && (typeof length !== 'string' || !CONTENT_LENGTH.test(length))) {
    throw new ProxyError('UpstreamInvalid', 'the registry answered with a Content-Length that is no possible length');
  }
  if (status > MAX_STATUS) {
    throw new ProxyError('UpstreamInvalid', `the registry answered with status ${status}, which does not exist; is something in between?`);
  }
  if (status === PROXY_AUTHENTICATION_REQUIRED) {
    throw new ProxyError('UpstreamInvalid', 'the registry answered 407, as only a proxy may; is one in between?');
  }
}

/** The upstream's headers without those that are not for the client, and with framing of our own (rules C7 and C8). @throws ProxyError UpstreamInvalid */
export function relayedHeaders(status: number, headers: ResponseHeaders): Record<string, string | string[]> {
  refuseUnreadable(status, headers);
  const listed = connectionListed(headers['connection']);
  const relayed: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !HOP_BY_HOP.has(name) && !DROPPED.has(name) && !listed.has(name)) {
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
