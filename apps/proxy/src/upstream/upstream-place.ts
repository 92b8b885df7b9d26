import { meantOrigin, type UpstreamAddress } from '@oci-connector/connector-api';
import { ProxyError, type ProxyErrorCode } from '../proxy.errors';
import { escapeBytes, hasDotSegment } from './percent-escapes';

/** A place at a registry, in the bytes in which the registry names it. */
export interface UpstreamPlace {
  /** scheme://host[:port] */
  readonly origin: string;
  /** Raw path with its query; begins with `/`. */
  readonly path: string;
}

/** Why a reference of a registry is followed nowhere. */
export interface PlaceProblem {
  readonly code: Extract<ProxyErrorCode, 'RedirectRefused' | 'UpstreamInvalid'>;
  /** Continues "the registry answered with a redirect …". Names no more than an origin: a query may hold a signature (rule C14). */
  readonly problem: string;
}

/** Whose reference is read. */
export interface PlaceContext {
  /** The place that answered: a relative reference is relative to it. */
  readonly asked: UpstreamPlace;
  readonly address: UpstreamAddress;
}

/** Longest reference that is followed, in bytes: what Node.js takes for a whole head; servers in front of object stores take 8 KiB. */
export const MAX_REFERENCE_LENGTH = 16 * 1024;

/** Control characters, which no URL has (RFC 3986 §2), and characters that stand for no byte. */
const NO_URL = /[^\x20-\x7e\x80-\xff]/;

/** RFC 3986 §3.1 and §3.2. */
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;
const AUTHORITY = /^\/\/[^/?]*/;

/** A reference that was read; whether one may go there is another question. */
export interface ReadPlace extends UpstreamPlace {
  /** It leads from https to http. */
  readonly stepsDown: boolean;
}

/**
 * Reads what a registry says in Location or Link (RFC 3986 §5.2) and keeps its bytes: only a dot segment is resolved, and what a
 * request line cannot carry is escaped. A URL parser would escape other characters too, and a signed URL would be another one.
 * `http://` of a host that was asked over https is read as https.
 */
export function readReference(reference: string, { asked, address }: PlaceContext): ReadPlace | PlaceProblem {
  const whole = trimBlanks(reference);
  const text = withoutFragment(whole);
  if (text === '' || NO_URL.test(whole)) {
    return NOT_A_URL;
  }
  if (text.length > MAX_REFERENCE_LENGTH) {
    return { code: 'UpstreamInvalid', problem: `that exceeds the limit of ${MAX_REFERENCE_LENGTH} bytes` };
  }
  const read = readOrigin(text, { asked, address });
  if ('problem' in read) {
    return read;
  }
  const [path, query] = cutQuery(read.rest);
  const resolved = read.absolute ? path || '/' : resolvePath(path, query, asked);
  // Some servers take it for a slash.
  if (resolved.includes('\\')) {
    return NOT_A_URL;
  }
  const plain = withoutDotSegments(resolved);
  if (hasDotSegment(plain)) {
    return { code: 'RedirectRefused', problem: 'whose path holds a . or .. segment in escapes' };
  }
  const stepsDown = read.origin.startsWith('http:') && asked.origin.startsWith('https:');
  return { origin: read.origin, path: escapeBytes(plain + query), stepsDown };
}

/** As {@link readReference}, for a place that is asked next. @param what names the reference in the error, such as "a redirect" @throws ProxyError */
export function resolvePlace(reference: string, context: PlaceContext, what: string): UpstreamPlace {
  const read = readReference(reference, context);
  if ('problem' in read) {
    throw new ProxyError(read.code, `the registry answered with ${what} ${read.problem}`);
  }
  const { origin, path, stepsDown } = read;
  if (!stepsDown) {
    return { origin, path };
  }
  throw new ProxyError(
    'RedirectRefused',
    `the registry answered with ${what} that leads from https to a place without TLS; correct the registry's external URL`,
    {
      cause: new Error(`the place is at ${origin}`),
    },
  );
}

const NOT_A_URL: PlaceProblem = { code: 'UpstreamInvalid', problem: 'that is not a URL' };

interface ReadOrigin {
  readonly origin: string;
  /** What follows the authority, or the whole reference where it names none. */
  readonly rest: string;
  readonly absolute: boolean;
}

function readOrigin(text: string, context: PlaceContext): ReadOrigin | PlaceProblem {
  const [prefix = '', scheme] = SCHEME.exec(text) ?? [];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) {
    return { code: 'RedirectRefused', problem: 'that is neither http nor https' };
  }
  const rest = text.slice(prefix.length);
  const [authority] = AUTHORITY.exec(rest) ?? [];
  if (authority === undefined) {
    return prefix === '' ? { origin: context.asked.origin, rest, absolute: false } : NOT_A_URL;
  }
  const origin = readAuthority(scheme ?? schemeOf(context.asked), authority, context);
  return typeof origin === 'string' ? { origin, rest: rest.slice(authority.length), absolute: true } : origin;
}

function schemeOf({ origin }: UpstreamPlace): string {
  return origin.startsWith('https:') ? 'https' : 'http';
}

/** @param authority with its slashes. Only in ASCII: what the bytes of another host name mean nobody knows. */
function readAuthority(scheme: string, authority: string, { asked, address }: PlaceContext): string | PlaceProblem {
  const root = `${scheme}:${authority}/`;
  if (!/^\/\/[\x21-\x5b\x5d-\x7e]+$/.test(authority) || !URL.canParse(root)) {
    return NOT_A_URL;
  }
  if (authority.includes('@')) {
    return { code: 'RedirectRefused', problem: 'that holds a user name' };
  }
  const url = new URL(root);
  // The place that answered comes first: it may be on another port of the connector's host.
  const back = meantOrigin(url, asked.origin);
  return back === url.origin ? meantOrigin(url, address.origin) : back;
}

/** Not `trim()`, which takes the last byte of some letters for a blank; and linear, as no pattern for it is. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (isBlank(text[start])) {
    start += 1;
  }
  while (end > start && isBlank(text[end - 1])) {
    end -= 1;
  }
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

function withoutFragment(reference: string): string {
  const mark = reference.indexOf('#');
  return mark < 0 ? reference : reference.slice(0, mark);
}

/** The query with its `?`, or nothing. */
function cutQuery(text: string): [path: string, query: string] {
  const mark = text.indexOf('?');
  return mark < 0 ? [text, ''] : [text.slice(0, mark), text.slice(mark)];
}

/** RFC 3986 §5.2.2 and §5.2.3, for a reference without authority that is not empty. */
function resolvePath(path: string, query: string, asked: UpstreamPlace): string {
  if (path.startsWith('/')) {
    return path;
  }
  const [base] = cutQuery(asked.path);
  return path === '' && query !== '' ? base : base.slice(0, base.lastIndexOf('/') + 1) + path;
}

/** RFC 3986 §5.2.4; a path without dot segments comes back as it is. */
function withoutDotSegments(path: string): string {
  if (!/\/\.{1,2}(?:\/|$)/.test(path)) {
    return path;
  }
  const kept: string[] = [];
  const segments = path.slice(1).split('/');
  segments.forEach((segment, index) => {
    const isDot = segment === '.' || segment === '..';
    if (segment === '..') {
      kept.pop();
    }
    if (!isDot) {
      kept.push(segment);
    } else if (index === segments.length - 1) {
      kept.push('');
    }
  });
  return `/${kept.join('/')}`;
}
