import { ProxyError } from '../../proxy.errors';

/** Visible ASCII (RFC 3986 allows less, clients send more); `#` would end the query for a parser after us. */
const RAW_QUERY = /^[\x21\x22\x24-\x7e]*$/;

/** Refuses a query that cannot be part of a request line. @throws ProxyError PathInvalid */
export function checkRawQuery(query: string): void {
  if (!RAW_QUERY.test(query)) {
    throw new ProxyError('PathInvalid', 'the query may hold only visible ASCII characters, and no #');
  }
}

/**
 * The parameters of a raw query that are not named, byte for byte and in their order. Names are compared decoded and
 * without case, because a registry may read them so.
 */
export function withoutParameters(query: string, names: readonly string[]): string {
  if (query === '') return '';
  return pairsOf(query)
    .filter((pair) => !names.includes(nameOf(pair)))
    .join('&');
}

/** The decoded values of a parameter, in their order. */
export function parameterValues(query: string, name: string): string[] {
  return pairsOf(query)
    .filter((pair) => nameOf(pair) === name)
    .map((pair) => decode(pair.includes('=') ? pair.slice(pair.indexOf('=') + 1) : ''));
}

/** `path` with its query, without a lone `?`. */
export function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}

function pairsOf(query: string): string[] {
  return query === '' ? [] : query.split('&');
}

function nameOf(pair: string): string {
  return decode(pair.split('=', 1)[0] ?? '').toLowerCase();
}

/** application/x-www-form-urlencoded, as registries read it. What cannot be decoded stays as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
