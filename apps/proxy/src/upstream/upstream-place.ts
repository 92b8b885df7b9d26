import { meantOrigin, type UpstreamAddress } from '@oci-connector/connector-api';
import { ProxyError, type ProxyErrorCode } from '../proxy.errors';
import { escapeBytes, hasDotSegment } from './percent-escapes';

/** A URL at a registry, split into origin and path, in the bytes that the registry sent. */
export interface UpstreamPlace {
  /** scheme://host[:port] */
  readonly origin: string;
  /** Raw path with its query; begins with `/`. */
  readonly path: string;
}

/** Why the proxy does not follow a URL reference of a registry. */
export interface PlaceProblem {
  readonly code: Extract<ProxyErrorCode, 'RedirectRefused' | 'UpstreamInvalid'>;
  /** Continues "the registry answered with a redirect …". Names at most an origin: a query may contain a signature (rule C14). */
  readonly problem: string;
}

/** Where a reference was found. */
export interface PlaceContext {
  /** The place that sent the response: a relative reference is relative to it. */
  readonly asked: UpstreamPlace;
  readonly address: UpstreamAddress;
}

/** Longest reference that is followed, in bytes: as much as Node.js accepts for a whole head. Servers before object stores accept 8 KiB. */
export const MAX_REFERENCE_LENGTH = 16 * 1024;

/** Control characters, which no URL contains (RFC 3986 §2), and characters that do not stand for a byte. */
const NO_URL = /[^\x20-\x7e\x80-\xff]/;

/** RFC 3986 §3.1 and §3.2. */
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;
const AUTHORITY = /^\/\/[^/?]*/;

/** A parsed reference. Whether the proxy may go there is decided elsewhere. */
export interface ReadPlace extends UpstreamPlace {
  /** It leads from https to http. */
  readonly stepsDown: boolean;
}

/**
 * Resolves a registry's Location or Link (RFC 3986 §5.2) and keeps its bytes: only dot segments are resolved, and only bytes that a
 * request line cannot contain are escaped. A URL parser would escape other characters too, which breaks the signature of a signed URL.
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
  // Some servers read a backslash as a slash.
  if (resolved.includes('\\')) {
    return NOT_A_URL;
  }
  const plain = withoutDotSegments(resolved);
  if (hasDotSegment(plain)) {
    return { code: 'RedirectRefused', problem: 'whose path contains an escaped . or .. segment' };
  }
  const stepsDown = read.origin.startsWith('http:') && asked.origin.startsWith('https:');
  return { origin: read.origin, path: escapeBytes(plain + query), stepsDown };
}

/**
 * Resolves a reference as {@link readReference} does, to a place that the proxy asks next.
 *
 * @param what names the reference in the error, such as "a redirect"
 * @throws ProxyError UpstreamInvalid when the reference is not a URL, RedirectRefused when the proxy may not go there
 */
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
  /** The text after the authority, or the whole reference if it has no authority. */
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

/** @param authority with its two slashes. Only ASCII is accepted: the encoding of other bytes in a host name is unknown. */
function readAuthority(scheme: string, authority: string, { asked, address }: PlaceContext): string | PlaceProblem {
  const root = `${scheme}:${authority}/`;
  if (!/^\/\/[\x21-\x5b\x5d-\x7e]+$/.test(authority) || !URL.canParse(root)) {
    return NOT_A_URL;
  }
  if (authority.includes('@')) {
    return { code: 'RedirectRefused', problem: 'that contains a user name' };
  }
  const url = new URL(root);
  // The place that sent the response has precedence: it may be on another port of the Connector's host.
  const back = meantOrigin(url, asked.origin);
  return back === url.origin ? meantOrigin(url, address.origin) : back;
}

/** Unlike `trim()`, does not read the last byte of some letters as a blank. Unlike a regular expression, runs in linear time. */
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

/** Splits off the query, which keeps its `?`; empty if there is none. */
function cutQuery(text: string): [path: string, query: string] {
  const mark = text.indexOf('?');
  return mark < 0 ? [text, ''] : [text.slice(0, mark), text.slice(mark)];
}

/** Resolves a reference that has no authority and is not empty (RFC 3986 §5.2.2, §5.2.3). */
function resolvePath(path: string, query: string, asked: UpstreamPlace): string {
  if (path.startsWith('/')) {
    return path;
  }
  const [base] = cutQuery(asked.path);
  return path === '' && query !== '' ? base : base.slice(0, base.lastIndexOf('/') + 1) + path;
}

/** Removes dot segments (RFC 3986 §5.2.4). Returns a path without them unchanged. */
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
