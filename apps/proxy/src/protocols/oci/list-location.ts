import { type UpstreamAddress } from '@oci-connector/connector-api';
import { ProxyError } from '../../proxy.errors';
import { readReference, resolvePlace, type UpstreamPlace } from '../../upstream/upstream-place';
import { targetOf, type UpstreamTarget } from '../../upstream/upstream-target';
import { type OciNames } from './oci-names';
import { isReturnable, SEALED_PARAMETER, withQuery } from './raw-query';
import { decodePath, type MappedLocation, refuseOtherRepository } from './upload-location';

export interface ListContext {
  readonly address: UpstreamAddress;
  readonly names: OciNames;
  /** The part of the list's path after the repository, such as `tags/list`. */
  readonly tail: string;
  /** The place that sent the response, after redirects. */
  readonly answered: UpstreamTarget;
  readonly seal: (place: UpstreamPlace) => string;
}

/**
 * Maps the next page of a list to the proxy's path. The path is relative, because go-containerregistry refuses another scheme or host. If
 * the next page is the same list at the Connector's registry, the registry's query is kept byte for byte; every other place is sealed.
 *
 * @throws ProxyError UpstreamInvalid when the reference is not a URL, RedirectRefused when the proxy may not follow it: a list is never
 *   cut short
 */
export function mapNextPage(reference: string, context: ListContext): MappedLocation {
  const { address, names, tail, answered, seal } = context;
  const listPath = `${names.clientPath}/${tail}`;
  const sealed = (place: UpstreamPlace): string => withQuery(listPath, `${SEALED_PARAMETER}=${seal(place)}`);
  const query = queryOfSameList(reference, context);
  if (query !== undefined) {
    if (isReturnable(query)) {
      return { location: withQuery(listPath, query) };
    }
    return { location: sealed({ origin: address.origin, path: withQuery(`/v2/${names.upstream}/${tail}`, query) }) };
  }
  const place = resolvePlace(reference, { asked: answered, address }, 'a next page');
  if (place.origin !== address.origin) {
    return { location: sealed(place), elsewhere: targetOf(place, address) };
  }
  refuseOtherRepository(place.path, names.upstream, 'a next page');
  // The request for the next page would have the credential, and another host chose its place.
  if (!answered.sendCredential) {
    throw new ProxyError(
      'RedirectRefused',
      'the registry redirected the list to another host, and that host names a next page at the registry that is not part of this list',
      {
        cause: new Error(`the list was answered by ${answered.origin}`),
      },
    );
  }
  return { location: sealed(place) };
}

/**
 * Returns the query of a next page that belongs to the requested list; undefined for another place. If the registry answered without a
 * redirect, any scheme and host in the reference mean the registry itself: many registries do not know their external name. Some also
 * leave out `/v2` or the first components of the repository's name. Only the query is used, so the next request goes to the same list.
 */
function queryOfSameList(reference: string, { address, names, tail, answered }: ListContext): string | undefined {
  const read = readReference(reference, { asked: answered, address });
  if ('problem' in read) {
    return undefined;
  }
  const list = `/v2/${names.upstream}/${tail}`;
  const [path = '', ...query] = read.path.split('?');
  const named = decodePath(path);
  const isSame = isAt(answered, address.origin, list) ? isPartOf(named, list, tail) : read.origin === address.origin && named === list;
  return isSame ? query.join('?') : undefined;
}

function isAt({ origin, path }: UpstreamPlace, ownOrigin: string, list: string): boolean {
  return origin === ownOrigin && (path === list || path.startsWith(`${list}?`));
}

/** Whether the path equals the list's path or its last components, with or without `/v2`. */
function isPartOf(path: string, list: string, tail: string): boolean {
  const named = path.replace(/^\/v2\//, '/');
  return named.endsWith(`/${tail}`) && list.endsWith(named);
}
