import { type HostAndPort, normalizeHost } from '@oci-connector/egress';

/** A host and a port without leading zeros; no user info, no white space. IPv6 addresses have brackets (RFC 3986 §3.2.2). */
const AUTHORITY = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([1-9]\d{0,4}))?$/;

const MAX_PORT = 65_535;

/** The default ports of the schemes (RFC 9110 §4.2). */
export const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/**
 * Parses the authority of a request: the target of CONNECT, the Host header, or the authority of an absolute URL. Authorities that mean the
 * same host are equal afterwards: in lower case, without a trailing dot, and with addresses in their usual notation.
 *
 * @param defaultPort the port of an authority that has none; absent: the authority must have one
 * @returns undefined for a text that is not a host and a port
 */
export function parseAuthority(text: string, defaultPort?: number): HostAndPort | undefined {
  const [, name = '', digits] = AUTHORITY.exec(text) ?? [];
  const host = normalizeHost(name);
  const port = digits === undefined ? defaultPort : Number(digits);
  return host === undefined || port === undefined || port > MAX_PORT ? undefined : { host, port };
}

/** Whether both are the same host and port. Both must be the result of {@link parseAuthority}. */
export function sameAuthority(one: HostAndPort, other: HostAndPort): boolean {
  return one.port === other.port && one.host === other.host;
}

/** An absolute target, `scheme://authority[/path][?query]`, in its parts. */
export interface AbsoluteTarget {
  readonly scheme: string;
  readonly authority: string;
  /** The rest of the target in origin-form; begins with `/`. */
  readonly rest: string;
}

/** RFC 9112 §3.2.2. The authority ends at the first `/` or `?`. */
const ABSOLUTE = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?]*)(.*)$/;

/** Splits a target in absolute-form; undefined for every other form. */
export function splitAbsolute(target: string): AbsoluteTarget | undefined {
  if (target.startsWith('/')) {
    return undefined;
  }
  const [, scheme, authority = '', rest = ''] = ABSOLUTE.exec(target) ?? [];
  return scheme === undefined ? undefined : { scheme: scheme.toLowerCase(), authority, rest: rest.startsWith('/') ? rest : `/${rest}` };
}
