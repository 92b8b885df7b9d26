import { type IncomingHttpHeaders } from 'node:http';

/** RFC 9110 §7.6.1, and what older software adds to it. About one connection only; never passed on, in no direction. */
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

/** The client's headers that may go upstream. Whatever the client lists in Connection stays here too. */
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

const NOTHING: ReadonlySet<string> = new Set();

/** Names in a Connection header, in lower case. */
export function connectionListed(connection: string | string[] | undefined): ReadonlySet<string> {
  // What nearly every message says; none of these is the name of a header that would be passed on.
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') {
    return NOTHING;
  }
  const text = Array.isArray(connection) ? connection.join(',') : connection;
  return new Set(text.split(',').map((name) => name.trim().toLowerCase()));
}

/** RFC 9110 §7.6.3: the hops so far and this one. */
export function viaHeader(received: string | undefined, own: string): string {
  return received === undefined ? `1.1 ${own}` : `${received}, 1.1 ${own}`;
}
