import { type UpstreamAddress } from '@oci-connector/connector-api';
import { ProxyError } from '../../proxy.errors';
import { decodeBytes } from '../../upstream/percent-escapes';
import { resolvePlace, type UpstreamPlace } from '../../upstream/upstream-place';
import { targetOf, type UpstreamTarget } from '../../upstream/upstream-target';
import { type OciNames } from './oci-names';
import { isReturnable, withQuery } from './raw-query';
import { isSession } from './route-grammar';

/** The mapped Location of an upload, or the mapped next page of a list. */
export interface MappedLocation {
  /** For the client: a path on the proxy's host. */
  readonly location: string;
  /** Set when the location leads to another origin. The egress policy has to allow it before the client gets the response. */
  readonly elsewhere?: UpstreamTarget;
}

export interface LocationContext {
  readonly address: UpstreamAddress;
  readonly names: OciNames;
  /** The place of the request: a relative Location is relative to it. */
  readonly requested: UpstreamPlace;
  readonly seal: (place: UpstreamPlace) => string;
}

/**
 * Maps the Location of an upload, because clients send their next request there, and some send their token, too (containers/image; oras
 * before GHSA-jxpm-75mh-9fp7). A place on the Connector's own origin and below the repository's uploads becomes the proxy's path with the
 * query byte for byte. Every other place is sealed.
 *
 * @throws ProxyError RedirectRefused when the place is in another repository, has no TLS although the Connector's address has, or is not
 *   an http URL; UpstreamInvalid when it is not a URL
 */
export function mapUploadLocation(location: string, { address, names, requested, seal }: LocationContext): MappedLocation {
  const place = resolvePlace(location, { asked: requested, address }, 'an upload location');
  const [path = '', ...queries] = place.path.split('?');
  const query = queries.join('?');
  const own = place.origin === address.origin;
  if (own) {
    refuseOtherRepository(path, names.upstream, 'an upload location');
    const uploads = `/v2/${names.upstream}/blobs/uploads/`;
    const session = path.startsWith(uploads) ? path.slice(uploads.length) : '';
    // A client could not send back parameters that the proxy removes, or a query that the proxy refuses.
    if (isSession(session) && isReturnable(query)) {
      return { location: withQuery(`${names.clientPath}/blobs/uploads/${session}`, query) };
    }
  }
  return {
    location: `${names.clientPath}/blobs/uploads/${seal(place)}`,
    elsewhere: own ? undefined : targetOf(place, address),
  };
}

/** Decodes a path completely, even if it is escaped several times. */
export function decodePath(path: string): string {
  return decodeBytes(path.replace(/%(?:25)+/g, '%')).replace(/\/{2,}/g, '/');
}

/**
 * Refuses a path under /v2/ that belongs to another repository than the client's, also if it is written in escapes.
 *
 * @throws ProxyError RedirectRefused when the path belongs to another repository
 */
export function refuseOtherRepository(path: string, repository: string, what: string): void {
  const decoded = decodePath(path);
  if (!decoded.startsWith('/v2/') || decoded.startsWith(`/v2/${repository}/`)) {
    return;
  }
  throw new ProxyError('RedirectRefused', `the registry answered with ${what} in another repository than the one asked for`);
}
