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
  /** What follows the repository in the list's path: `tags/list`. */
  readonly tail: string;
  /** The place that answered, after redirects. */
  readonly answered: UpstreamTarget;
  readonly seal: (place: UpstreamPlace) => string;
}

/**
 * Maps the next page of a list onto our path: relative, because go-containerregistry refuses another scheme or host. Where it is
 * the same list at the connector's registry, the registry's query goes with it byte for byte; every other place is sealed.
 *
 * @throws ProxyError RedirectRefused, UpstreamInvalid: a list is never cut short
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
  // The credential would go there, and another host chose the place.
  if (!answered.sendCredential) {
    throw new ProxyError(
      'RedirectRefused',
      "the registry's list goes on from another host back to the registry, at another place than the list; it is not followed",
      {
        cause: new Error(`the list was answered by ${answered.origin}`),
      },
    );
  }
  return { location: sealed(place) };
}

/**
 * The query of a next page that is the list that was asked for. A registry that answered at that list's own place means itself,
 * whatever host and scheme it believes to have: many do not know their name outside. And some leave out `/v2` or the first
 * components of the repository's name. Only the query is taken, so the same list is asked, whatever the registry says.
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

/** Whether the path is the list's, or the end of it from some component on, with `/v2` or without. */
function isPartOf(path: string, list: string, tail: string): boolean {
  const named = path.replace(/^\/v2\//, '/');
  return named.endsWith(`/${tail}`) && list.endsWith(named);
}
