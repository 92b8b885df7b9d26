import { HOP_BY_HOP } from '../upstream/request-headers';

/** The request headers that mean the same to every HTTP service. */
const HTTP_HEADERS: ReadonlySet<string> = new Set([
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
]);

/** Those and the ones of the distribution-spec. */
export const REGISTRY_HEADERS: ReadonlySet<string> = new Set([
  ...HTTP_HEADERS,
  'docker-distribution-api-version',
  'docker-upload-uuid',
  'oci-chunk-min-length',
  'oci-tag',
]);

/**
 * What no protocol may forward (rule C7): Authorization, Proxy-Authorization and Cookie, which belong to the client and us;
 * X-Forwarded-*, which a registry might trust; the framing, which the transport makes; and Expect, which undici does not send
 * (CVE-2024-24791 is about proxies that do).
 */
export const KEPT_HEADERS: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'authorization',
  'cookie',
  'host',
  'content-length',
  'expect',
  'via',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);
