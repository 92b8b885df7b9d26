import { HOP_BY_HOP } from '../upstream/request-headers';

/** Request headers with the same meaning for every HTTP service. */
const HTTP_HEADERS: ReadonlySet<string> = new Set([
  // What the client accepts (RFC 9110 §12.5). Forwarded unchanged, because the proxy never decodes content.
  'accept',
  'accept-encoding',
  'accept-language',
  // About the content (RFC 9110 §8).
  'content-type',
  'content-encoding',
  'content-language',
  // Conditional and range requests (RFC 9110 §13, §14), and chunked uploads of the distribution-spec.
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

/** The headers for every HTTP service, and those of the distribution-spec. */
export const REGISTRY_HEADERS: ReadonlySet<string> = new Set([
  ...HTTP_HEADERS,
  'docker-distribution-api-version',
  'docker-upload-uuid',
  'oci-chunk-min-length',
  'oci-tag',
]);

/**
 * Headers that no protocol may forward (rule C7): Authorization, Proxy-Authorization and Cookie, which are for the proxy only;
 * X-Forwarded-*, which a registry might trust; the framing, which the transport generates; and Expect, which undici does not send
 * (CVE-2024-24791 affects proxies that forward it).
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
