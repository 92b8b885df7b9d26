import { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { contentLength } from '@oci-connector/http';
import { findMalformation } from './malformed-request';

/** Shorter bodies, such as manifests, are read by `node:http`: detaching a connection costs more than it saves. In bytes. */
const MIN_BYTES = 64 * 1024;

const SENDING: ReadonlySet<string | undefined> = new Set(['PUT', 'PATCH', 'POST']);

/** Whether the body of a request can be relayed: it is long, or chunked, and nothing else about the request is special. */
export function isRelayable(request: IncomingMessage): boolean {
  if (!SENDING.has(request.method)) {
    return false;
  }
  const { headers, httpVersion, url } = request;
  return (
    httpVersion === '1.1' &&
    url?.startsWith('/') === true &&
    headers.upgrade === undefined &&
    (headers.expect === undefined || headers.expect.toLowerCase() === CONTINUE) &&
    isLong(headers) &&
    findMalformation(request) === undefined
  );
}

function isLong(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || (contentLength(headers) ?? 0) > MIN_BYTES;
}

/** The only expectation that the proxy supports (RFC 9110 §10.1.1). */
const CONTINUE = '100-continue';
