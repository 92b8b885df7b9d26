import { refused } from '../template-problem';
import { failed } from '../template-problem';
import { GoMap, typeName, type GoValue } from '../values/go-value';
import { define, type FunctionTable } from './template-function';

/**
 * sprig: URLs, of the plain kind: a scheme with `//` or none, and no character that needs an escape (RFC 3986 §2.3,
 * §3). What net/url does with the others depends on the part and on Go's version: they are refused.
 */
export const URLS: FunctionTable = {
  urlParse: define(['string'], ([url]) => parse(url)),
  urlJoin: define(['map'], ([parts]) => join(parts)),
};

const URL_PARTS =
  /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/(?:([A-Za-z0-9._~-]+(?::[A-Za-z0-9._~-]*)?)@)?([A-Za-z0-9._~-]*(?::[0-9]*)?))?((?:\/|^[A-Za-z0-9._~$&+=@-]|^)[A-Za-z0-9._~$&+=@/-]*)(?:\?([A-Za-z0-9._~$&+=:@/%-]*))?(?:#([A-Za-z0-9._~$&+=:@/-]*))?$/;

function parse(url: string): GoMap {
  const match = URL_PARTS.exec(url);
  // A path of its own that begins with // is a host.
  if (match === null || /^\/\//.test(url)) throw refused('urlParse of this URL', 'only plain URLs without escapes are read');
  const [, scheme = '', userinfo = '', host = '', path = '', query = '', fragment = ''] = match;
  const hostname = host.replace(/:[0-9]*$/, '');
  return mapOf({ scheme: scheme.toLowerCase(), userinfo, host, hostname, path, query, opaque: '', fragment });
}

function mapOf(parts: Readonly<Record<string, string>>): GoMap {
  return new GoMap(new Map<string, GoValue>(Object.entries(parts)));
}

const PLAIN_PARTS: Readonly<Record<string, RegExp>> = {
  scheme: /^(?:[A-Za-z][A-Za-z0-9+.-]*)?$/,
  userinfo: /^(?:[A-Za-z0-9._~-]+(?::[A-Za-z0-9._~-]*)?)?$/,
  host: /^[A-Za-z0-9._~-]*(?::[0-9]*)?$/,
  path: /^[A-Za-z0-9._~$&+=@/-]*$/,
  query: /^[A-Za-z0-9._~$&+=:@/%-]*$/,
  opaque: /^$/,
  fragment: /^[A-Za-z0-9._~$&+=:@/-]*$/,
};

function join(parts: GoMap): string {
  const [scheme, userinfo, host, path, query, fragment] = ['scheme', 'userinfo', 'host', 'path', 'query', 'fragment'].map((name) => part(parts, name));
  part(parts, 'opaque');
  const slashes = scheme !== '' || host !== '' || userinfo !== '' ? authority({ scheme, userinfo, host, path }) : '';
  const colon = scheme === '' ? '' : `${scheme}:`;
  const separator = path !== '' && !path?.startsWith('/') && host !== '' ? '/' : '';
  return `${colon}${slashes}${separator}${path}${query && `?${query}`}${fragment && `#${fragment}`}`;
}

function authority({ userinfo, host, path }: Readonly<Record<'scheme' | 'userinfo' | 'host' | 'path', string | undefined>>): string {
  if (host === '' && path === '' && userinfo === '') return '';
  return `//${userinfo && `${userinfo}@`}${host}`;
}

function part(parts: GoMap, name: string): string {
  const value = parts.entries.has(name) ? parts.entries.get(name) : '';
  if (typeof value !== 'string') throw failed(`urlJoin: ${name} must be a string, not ${typeName(value)}`);
  if (!PLAIN_PARTS[name]?.test(value)) throw refused(`urlJoin with this ${name}`, 'only what needs no escape is joined');
  return value;
}
