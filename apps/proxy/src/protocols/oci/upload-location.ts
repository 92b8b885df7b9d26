import { type UpstreamAddress } from '@oci-connector/connector-api';
import { ProxyError } from '../../proxy.errors';
import { type SealedPlace } from '../../sealing/location-seal';
import { decodeBytes } from '../../upstream/percent-escapes';
import { resolvePlace } from '../../upstream/upstream-place';
import { targetOf, type UpstreamTarget } from '../../upstream/upstream-target';
import { type OciNames } from './oci-names';
import { isReturnable, withQuery } from './raw-query';
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
export function mapUploadLocation(location: string, { address, names, requested, seal }: LocationContext): MappedLocation {
  const place = resolvePlace(location, { asked: requested, address }, 'an upload location');
  const [path = '', ...queries] = place.path.split('?');
  const query = queries.join('?');
  const own = place.origin === address.origin;
  if (own) {
    refuseOtherRepository(path, names.upstream, 'an upload location');
    const uploads = `/v2/${names.upstream}/blobs/uploads/`;
    const session = path.startsWith(uploads) ? path.slice(uploads.length) : '';
    // What is taken off the client's queries, and a query that they may not send, could not come back.
    if (isSession(session) && isReturnable(query)) {
      return { location: withQuery(`${names.clientPath}/blobs/uploads/${session}`, query) };
    }
  }
  return {
    location: `${names.clientPath}/blobs/uploads/${seal(place)}`,
    elsewhere: own ? undefined : targetOf(place, address),
  };
}

/** What a path says in the end, however often it is escaped. */
export function decodePath(path: string): string {
  return decodeBytes(path.replace(/%(?:25)+/g, '%')).replace(/\/{2,}/g, '/');
}

/** A path under /v2/ has to belong to the repository that the client asked for; also if it says so in escapes. @throws ProxyError RedirectRefused */
export function refuseOtherRepository(path: string, repository: string, what: string): void {
  const decoded = decodePath(path);
  if (!decoded.startsWith('/v2/') || decoded.startsWith(`/v2/${repository}/`)) {
    return;
  }
  throw new ProxyError('RedirectRefused', `the registry answered with ${what} in another repository than the one asked for`);
}
