import { ProxyError } from '../../proxy.errors';
import { decodeBytes } from '../../upstream/percent-escapes';

/** Visible ASCII: RFC 3986 allows less, but clients send more. No `#`, which would end the query for the registry's parser. */
const RAW_QUERY = /^[\x21\x22\x24-\x7e]*$/;

/** Longest query of a client, in bytes: enough for a sealed place, and eight times the longest known state of a registry. */
export const MAX_QUERY_LENGTH = 32 * 1024;

/** Most parameters of a client's query. Every request of the distribution-spec has fewer than ten. */
export const MAX_QUERY_PAIRS = 256;

/** @throws ProxyError PathInvalid when the query contains characters that are not allowed, QueryTooLong when it exceeds a limit */
export function checkRawQuery(query: string): void {
  if (query.length > MAX_QUERY_LENGTH) {
    throw new ProxyError('QueryTooLong', `the query has ${query.length} bytes; the limit is ${MAX_QUERY_LENGTH}`);
  }
  if (!RAW_QUERY.test(query)) {
    throw new ProxyError('PathInvalid', 'the query may contain only visible ASCII characters, and no #');
  }
  if (hasTooManyPairs(query)) {
    throw new ProxyError('QueryTooLong', `the query has more than ${MAX_QUERY_PAIRS} parameters`);
  }
}

function hasTooManyPairs(query: string): boolean {
  return query.split('&', MAX_QUERY_PAIRS + 1).length > MAX_QUERY_PAIRS;
}

/** The parameter that contains the sealed next page of a list. */
export const SEALED_PARAMETER = 'sealed';

/**
 * Parameters that never go upstream. Clients of mirrors add `ns` (distribution-spec, "Registry Proxying"). The last two make some
 * frameworks use another method than the one that was authorised.
 */
export const OWN_PARAMETERS: readonly string[] = ['ns', SEALED_PARAMETER, '_method', 'x-http-method-override'];

/** Whether a client can send a registry's query back to the proxy byte for byte. */
export function isReturnable(query: string): boolean {
  return (
    query.length <= MAX_QUERY_LENGTH &&
    RAW_QUERY.test(query) &&
    !hasTooManyPairs(query) &&
    withoutParameters(query, OWN_PARAMETERS) === query
  );
}

/**
 * Removes the named parameters from a raw query. The others stay byte for byte and in their order. Names are compared decoded and without
 * case, because a registry may read them so.
 */
export function withoutParameters(query: string, names: readonly string[]): string {
  if (query === '') {
    return '';
  }
  return query
    .split('&')
    .filter((pair) => !names.includes(nameOf(pair)))
    .join('&');
}

/** Returns the decoded values of a parameter in their order, one character for each byte: the values that are read here are ASCII. */
export function queryValues(query: string, name: string): string[] {
  if (query === '') {
    return [];
  }
  return query
    .split('&')
    .filter((pair) => nameOf(pair) === name)
    .map((pair) => decode(pair.includes('=') ? pair.slice(pair.indexOf('=') + 1) : ''));
}

/** Appends the query to the path, without a `?` if the query is empty. */
export function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

/** Returns the decoded name of a parameter in lower case. */
export function nameOf(pair: string): string {
  const equals = pair.indexOf('=');
  return decode(equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
}

/** Decodes application/x-www-form-urlencoded, as registries do. */
function decode(text: string): string {
  return decodeBytes(text.replaceAll('+', ' '));
}
