import { type UpstreamAddress } from '@oci-connector/connector-api';
import { type EgressPurpose } from '@oci-connector/egress';
import { ProxyError } from '../proxy.errors';
import { type UpstreamAnswer } from './upstream-transport';

/** Redirects in a row; registries need one, a registry behind a gateway two. RFC 9110 §15.4 asks for a limit. */
const MAX_HOPS = 5;

/** RFC 9110 §15.4; 300 and 304 are no redirects in this sense. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/** A place to ask. */
export interface Hop {
  /** scheme://host[:port] */
  readonly origin: string;
  /** Raw path with its query, as it is sent. */
  readonly path: string;
  readonly purpose: EgressPurpose;
  /** True on the Connector's own scheme, host and port, as long as no redirect has led elsewhere (rule C2). */
  readonly sendCredential: boolean;
}

/**
 * Follows the redirects of a GET or HEAD inside the proxy, so that clients need no way to the registry's object store.
 *
 * @param send makes the same request at another place
 * @returns the first answer that is no redirect
 * @throws ProxyError RedirectRefused
 */
export async function followRedirects(
  first: UpstreamAnswer,
  from: Hop,
  address: UpstreamAddress,
  send: (hop: Hop) => Promise<UpstreamAnswer>,
): Promise<{ answer: UpstreamAnswer; hop: Hop }> {
  let answer = first;
  let hop = from;
  for (let hops = 0; isRedirect(answer.status); hops += 1) {
    const location = answer.headers['location'];
    answer.discard();
    if (hops === MAX_HOPS) throw refused(`more than ${MAX_HOPS} redirects in a row`);
    if (typeof location !== 'string') throw refused('a redirect without one Location');
    hop = nextHop(location, hop, address);
    answer = await send(hop);
  }
  return { answer, hop };
}

function nextHop(location: string, from: Hop, address: UpstreamAddress): Hop {
  const base = new URL(from.origin + from.path);
  const url = targetOf(location, base);
  if (url.protocol === 'http:' && base.protocol === 'https:') {
    // A load balancer that ends TLS makes its registry believe in http; the same host is asked as before.
    if (url.hostname !== base.hostname || url.port !== '') throw refused('a redirect from https to http');
    url.protocol = 'https:';
    url.port = base.port;
  }
  const sameOrigin = url.origin === address.origin;
  const ownHost = hostnameOf(url) === address.host;
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    purpose: sameOrigin ? 'connector' : ownHost ? 'redirect-own-host' : 'redirect',
    sendCredential: sameOrigin && from.sendCredential,
  };
}

function targetOf(location: string, base: URL): URL {
  const url = URL.canParse(location, base.href) ? new URL(location, base) : undefined;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw refused('a redirect to something other than http or https');
  if (url.username !== '' || url.password !== '') throw refused('a redirect to a URL with a user name in it');
  return url;
}

/** Without the brackets of an IPv6 address. */
function hostnameOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

function refused(what: string): ProxyError {
  return new ProxyError('RedirectRefused', `the registry answered with ${what}, which is not followed`);
}
