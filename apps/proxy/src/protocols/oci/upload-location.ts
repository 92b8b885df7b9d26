import { type UpstreamAddress } from '@oci-connector/connector-api';
import { hostAndPort } from '@oci-connector/egress';
import { ProxyError } from '../../proxy.errors';
import { type SealedPlace } from '../../sealing/location-seal';
import { targetOf, type UpstreamTarget } from '../../transport/upstream-target';
import { type OciNames } from './oci-names';
import { checkRawQuery, parameterValues, withQuery } from './raw-query';
import { isSession } from './route-grammar';

/** What an upload's Location becomes. */
export interface MappedLocation {
  /** For the client: a path relative to our host. */
  readonly location: string;
  /** Set when the location leads to another origin; the egress policy has to allow it before the client sees the answer. */
  readonly elsewhere?: UpstreamTarget;
}

export interface LocationContext {
  readonly address: UpstreamAddress;
  readonly names: OciNames;
  /** Where the request went: a relative Location is relative to that. */
  readonly requested: SealedPlace;
  readonly seal: (place: SealedPlace) => string;
}

/**
 * Maps the Location of an upload, because every client sends its next request there, several of them with its token
 * (containers/image; oras before GHSA-jxpm-75mh-9fp7). On the connector's own origin and under the repository's uploads it
 * becomes our path with the query byte for byte; every other place is sealed.
 *
 * @throws ProxyError RedirectRefused for another repository, for http where the connector uses https, and for what is no
 *   http URL; UpstreamInvalid for what is no URL
 */
export function mapUploadLocation(location: string, context: LocationContext): MappedLocation {
  const { address, names } = context;
  const url = parseLocation(location, context.requested);
  const origin = originFor(url, address);
  const query = rawQuery(location);
  const own = origin === address.origin;
  if (own) {
    refuseOtherRepository(url.pathname, names.upstream);
    const uploads = `/v2/${names.upstream}/blobs/uploads/`;
    const session = url.pathname.startsWith(uploads) ? url.pathname.slice(uploads.length) : '';
    // `ns` is taken off the client's queries, so a registry's own could not come back.
    if (isSession(session) && parameterValues(query, 'ns').length === 0) {
      return { location: withQuery(`${names.clientPath}/blobs/uploads/${session}`, query) };
    }
  }
  const place = { origin, path: withQuery(url.pathname, query) };
  return {
    location: `${names.clientPath}/blobs/uploads/${context.seal(place)}`,
    elsewhere: own ? undefined : targetOf(place, address),
  };
}

function parseLocation(location: string, requested: SealedPlace): URL {
  // Control characters and backslashes are read differently by different parsers; a URL has neither (RFC 3986 §2).
  const url = /^[\x21-\x5b\x5d-\x7e]+$/.test(location) ? tryParse(location, requested.origin + requested.path) : undefined;
  if (url === undefined) throw new ProxyError('UpstreamInvalid', 'the registry answered with an upload location that is not a URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ProxyError('RedirectRefused', 'the registry answered with an upload location that is neither http nor https');
  }
  if (url.username !== '' || url.password !== '') {
    throw new ProxyError('RedirectRefused', 'the registry answered with an upload location that holds a user name');
  }
  return url;
}

function tryParse(location: string, base: string): URL | undefined {
  return URL.canParse(location, base) ? new URL(location, base) : undefined;
}

/** Everything between the first `?` and a `#`, as it came; the URL parser would escape some characters. */
function rawQuery(location: string): string {
  const [beforeFragment = ''] = location.split('#', 1);
  const mark = beforeFragment.indexOf('?');
  const query = mark < 0 ? '' : beforeFragment.slice(mark + 1);
  checkRawQuery(query);
  return query;
}

function originFor(url: URL, address: UpstreamAddress): string {
  if (address.scheme === 'http' || url.protocol === 'https:') return url.origin;
  // Registries behind a load balancer that ends TLS write http:// and mean themselves.
  const ownPort = url.port === '' || Number(url.port) === address.port;
  if (ownPort && hostAndPort(url).host === address.host) return address.origin;
  throw new ProxyError(
    'RedirectRefused',
    `the registry wants the upload sent to ${url.origin}, without TLS, although the connector's address is https; correct the registry's external URL`,
  );
}

/** A path under /v2/ has to belong to the repository that the client may push to; also if it says so in escapes. */
function refuseOtherRepository(pathname: string, repository: string): void {
  const decoded = decodePath(pathname);
  if (!decoded.startsWith('/v2/') || decoded.startsWith(`/v2/${repository}/`)) return;
  throw new ProxyError('RedirectRefused', 'the registry answered with an upload location in another repository than the one asked for');
}

function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname).replace(/\/{2,}/g, '/');
  } catch (error) {
    if (error instanceof URIError) return pathname;
    throw error;
  }
}
