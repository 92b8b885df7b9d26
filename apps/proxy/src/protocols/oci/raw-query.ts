import { ProxyError } from '../../proxy.errors';
import { decodeBytes } from '../../upstream/percent-escapes';

/** Visible ASCII (RFC 3986 allows less, clients send more); `#` would end the query for a parser after us. */
const RAW_QUERY = /^[\x21\x22\x24-\x7e]*$/;

/** Longest query of a client, in bytes: room for a sealed place, and eight times the longest state that a registry is known to send. */
export const MAX_QUERY_LENGTH = 32 * 1024;

/** Most parameters of a client's query. No request of the distribution-spec has ten. */
export const MAX_QUERY_PAIRS = 256;

/** Refuses a query that cannot be part of a request line, or is longer than anything a client has to say. @throws ProxyError PathInvalid, QueryTooLong */
export function checkRawQuery(query: string): void {
  if (query.length > MAX_QUERY_LENGTH) {
    throw new ProxyError('QueryTooLong', `the query has ${query.length} bytes; the limit is ${MAX_QUERY_LENGTH}`);
  }
  if (!RAW_QUERY.test(query)) {
    throw new ProxyError('PathInvalid', 'the query may hold only visible ASCII characters, and no #');
  }
  if (hasTooManyPairs(query)) {
    throw new ProxyError('QueryTooLong', `the query has more than ${MAX_QUERY_PAIRS} parameters`);
  }
}

function hasTooManyPairs(query: string): boolean {
  return query.split('&', MAX_QUERY_PAIRS + 1).length > MAX_QUERY_PAIRS;
}

/** The parameter of a list whose next place is sealed. */
export const SEALED_PARAMETER = 'sealed';

/**
 * Parameters that never go upstream. `ns` is what mirrors add (distribution-spec, "Registry Proxying"). The last two ask some frameworks
 * for another method than the one that the client may use.
 */
export const OWN_PARAMETERS: readonly string[] = ['ns', SEALED_PARAMETER, '_method', 'x-http-method-override'];

/** Whether a registry's query comes back byte for byte from a client that is given it. */
export function isReturnable(query: string): boolean {
  return (
    query.length <= MAX_QUERY_LENGTH &&
    RAW_QUERY.test(query) &&
    !hasTooManyPairs(query) &&
    withoutParameters(query, OWN_PARAMETERS) === query
  );
}

/**
 * The parameters of a raw query that are not named, byte for byte and in their order. Names are compared decoded and
 * without case, because a registry may read them so.
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

/** The decoded values of a parameter, in their order: a character for each byte, as nothing beyond ASCII is a value that is read here. */
export function queryValues(query: string, name: string): string[] {
  if (query === '') {
    return [];
  }
  return query
    .split('&')
    .filter((pair) => nameOf(pair) === name)
    .map((pair) => decode(pair.includes('=') ? pair.slice(pair.indexOf('=') + 1) : ''));
}

/** `path` with its query, without a lone `?`. */
export function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

/** The decoded name of a parameter, in lower case. */
export function nameOf(pair: string): string {
  const equals = pair.indexOf('=');
  return decode(equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
}

/** application/x-www-form-urlencoded, as registries read it. */
function decode(text: string): string {
  return decodeBytes(text.replaceAll('+', ' '));
}
