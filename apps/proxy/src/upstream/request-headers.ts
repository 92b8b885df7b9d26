import { type IncomingHttpHeaders } from 'node:http';

/**
 * The request headers that go upstream; all others stay here (rule C7). Above all Authorization, Proxy-Authorization and
 * Cookie, which belong to the client and us, X-Forwarded-*, which a registry might trust, and Expect, which undici does not
 * send (CVE-2024-24791 is about proxies that do).
 */
const ALLOWED = new Set([
  // RFC 9110 §12.5: what the client can read. Never changed, because nothing is ever decoded here.
  'accept',
  'accept-encoding',
  'accept-language',
  // RFC 9110 §8: the content.
  'content-type',
  'content-encoding',
  'content-language',
  // RFC 9110 §13 and §14, and uploads in chunks of the distribution-spec.
  'range',
  'content-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'cache-control',
  'pragma',
  'user-agent',
  'docker-distribution-api-version',
  'docker-upload-uuid',
  'oci-chunk-min-length',
  'oci-tag',
]);

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
export function forwardedHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const listed = connectionListed(headers.connection);
  const forwarded: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && ALLOWED.has(name) && !listed.has(name)) forwarded[name] = value;
  }
  return forwarded;
}

/** How often a header was sent, by `rawHeaders`; the name in lower case. */
export function countHeader(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const candidate = rawHeaders[index] ?? '';
    if (candidate.length === name.length && candidate.toLowerCase() === name) count += 1;
  }
  return count;
}

const NOTHING: ReadonlySet<string> = new Set();

/** Names in a Connection header, in lower case. */
export function connectionListed(connection: string | string[] | undefined): ReadonlySet<string> {
  // What nearly every message says; none of these is the name of a header that would be passed on.
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return NOTHING;
  const text = Array.isArray(connection) ? connection.join(',') : connection;
  return new Set(text.split(',').map((name) => name.trim().toLowerCase()));
}

/** RFC 9110 §7.6.3: the hops so far and this one. */
export function viaHeader(received: string | undefined, own: string): string {
  return received === undefined ? `1.1 ${own}` : `${received}, 1.1 ${own}`;
}
