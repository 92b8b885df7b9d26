import { failed, refused } from '../template-problem';
import { GoMap, typeName, type GoValue } from '../values/go-value';
import { define, type FunctionTable } from './template-function';

/**
 * sprig: plain URLs, with a scheme and `//` or without both, and without characters that need an escape (RFC 3986 §2.3, §3).
 * Other URLs are refused, because the result of net/url depends on the part of the URL and on Go's version.
 */
export const URLS: FunctionTable = {
  urlParse: define(['string'], ([url]) => parse(url)),
  urlJoin: define(['map'], ([parts]) => join(parts)),
};

/** A colon is allowed only in a path that begins with a slash; otherwise it could end a scheme. */
const PATH = '(?:/[A-Za-z0-9._~$&+=:@/-]*|[A-Za-z0-9._~$&+=@/-]*)';
const QUERY = '[A-Za-z0-9._~$&+=:@/%-]*';
const FRAGMENT = '[A-Za-z0-9._~$&+=:@/-]*';
const USERINFO = '[A-Za-z0-9._~-]+(?::[A-Za-z0-9._~-]*)?';
const HOST = '[A-Za-z0-9._~-]*(?::[0-9]*)?';
const SCHEME = '[A-Za-z][A-Za-z0-9+.-]*';
const AUTHORITY = `(${SCHEME})://(?:(${USERINFO})@)?(${HOST})(?=[/?#]|$)`;
/** A URL without a scheme that begins with // names a host; it is not supported. */
const URL_PARTS = new RegExp(`^(?:${AUTHORITY}|(?!//))(${PATH})(?:\\?(${QUERY}))?(?:#(${FRAGMENT}))?$`);

function parse(url: string): GoMap {
  const match = URL_PARTS.exec(url);
  if (match === null) {
    throw refused('urlParse of this URL', 'only plain URLs without escapes are supported');
  }
  const [, scheme = '', userinfo = '', host = '', path = '', query = '', fragment = ''] = match;
  const hostname = host.replace(/:[0-9]*$/, '');
  return mapOf({ scheme: scheme.toLowerCase(), userinfo, host, hostname, path, query, opaque: '', fragment });
}

function mapOf(parts: Readonly<Record<string, string>>): GoMap {
  return new GoMap(new Map<string, GoValue>(Object.entries(parts)));
}

const PLAIN_PARTS: Readonly<Record<string, RegExp>> = Object.fromEntries(
  Object.entries({
    scheme: `(?:${SCHEME})?`,
    userinfo: `(?:${USERINFO})?`,
    host: HOST,
    path: PATH,
    query: QUERY,
    opaque: '',
    fragment: FRAGMENT,
  }).map(([name, form]) => [name, new RegExp(`^${form}$`)]),
);

function join(parts: GoMap): string {
  part(parts, 'opaque');
  const path = part(parts, 'path');
  const place = authority(parts, path);
  const separator = path !== '' && !path.startsWith('/') && part(parts, 'host') !== '' ? '/' : '';
  return [
    after(part(parts, 'scheme'), ':'),
    place,
    separator,
    path,
    before('?', part(parts, 'query')),
    before('#', part(parts, 'fragment')),
  ].join('');
}

function authority(parts: GoMap, path: string): string {
  const [scheme, userinfo, host] = [part(parts, 'scheme'), part(parts, 'userinfo'), part(parts, 'host')];
  const other = userinfo + host;
  if (other === '' && (scheme === '' || path === '')) {
    return '';
  }
  return `//${after(userinfo, '@')}${host}`;
}

const after = (text: string, mark: string): string => (text === '' ? '' : text + mark);
const before = (mark: string, text: string): string => (text === '' ? '' : mark + text);

function part(parts: GoMap, name: string): string {
  const value = parts.entries.has(name) ? parts.entries.get(name) : '';
  if (typeof value !== 'string') {
    throw failed(`urlJoin: ${name} must be a string, not ${typeName(value)}`);
  }
  if (!PLAIN_PARTS[name]?.test(value)) {
    throw refused(`urlJoin with this ${name}`, 'only values without escapes are supported');
  }
  return value;
}
