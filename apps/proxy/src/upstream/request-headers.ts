import { type IncomingHttpHeaders } from 'node:http';

/** Headers about one connection only (RFC 9110 §7.6.1, and those of older software). Not forwarded in either direction. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Returns the allowed headers of a client. Headers that the client lists in Connection are not forwarded. */
export function forwardedHeaders(headers: IncomingHttpHeaders, allowed: ReadonlySet<string>): Record<string, string | string[]> {
  const listed = connectionListed(headers.connection);
  const forwarded: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && allowed.has(name) && !listed.has(name)) {
      forwarded[name] = value;
    }
  }
  return forwarded;
}

/** Headers that the transport sets itself: Host is the authority of the URL. */
const SET_BY_TRANSPORT: ReadonlySet<string> = new Set(['host', 'expect', 'content-length']);

/** Returns all headers of a client except those about one hop (RFC 9110 §7.6.1), for hosts of no Connector. */
export function endToEndHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const listed = connectionListed(headers.connection);
  const forwarded: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    const isKept = !HOP_BY_HOP.has(name) && !SET_BY_TRANSPORT.has(name) && !name.startsWith('proxy-') && !listed.has(name);
    if (value !== undefined && isKept) {
      forwarded[name] = value;
    }
  }
  return forwarded;
}

const NOTHING: ReadonlySet<string> = new Set();

/** Returns the names in a Connection header, in lower case. */
export function connectionListed(connection: string | string[] | undefined): ReadonlySet<string> {
  // Nearly every message has one of these values. Neither is the name of a header that would be forwarded.
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') {
    return NOTHING;
  }
  const text = Array.isArray(connection) ? connection.join(',') : connection;
  return new Set(text.split(',').map((name) => name.trim().toLowerCase()));
}
