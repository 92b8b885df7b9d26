import { type Exchange } from './exchange';
import { contentLocation } from './locations';
import { type RegistryContext } from './registry-context';
import { type Reply } from './reply';
import { type Route } from './routes';

/** How a registry serves lists at another place. */
export interface ListQuirks {
  /** The place to which a request for tags is redirected; by default, the registry answers it. */
  readonly tags?: ListPlace;
  /** The same for referrers. */
  readonly referrers?: ListPlace;
  /** The form of the Link to the next page. Several forms alternate from page to page. `absolute-path` by default. */
  readonly links?: readonly ListLink[];
}

/** Another path of the registry, which requires the same rights, or the second server, where a signed URL is the only permission. */
export type ListPlace = 'other-path' | 'other-host';

/** `relative` and `absolute-path` are relative to the URL that served the list, not to the requested one; `bare` has no `<` and `>`. */
export type ListLink = 'absolute-path' | 'relative' | 'bare';

/** Path before `/v2` of lists at another place. */
const ELSEWHERE = '/lists';

/** Returns the path of the list below the base path, for the path of a list at another place; undefined for any other path. */
export function listPath(path: string): string | undefined {
  return path.startsWith(`${ELSEWHERE}/v2/`) ? path.slice(ELSEWHERE.length) : undefined;
}

/** Returns the redirect to the place of the list, if the quirk is enabled and the request is for another place. */
export function listRedirect(context: RegistryContext, exchange: Exchange, route: Route): Reply | undefined {
  const place = route.kind === 'tags' || route.kind === 'referrers' ? context.quirks.lists?.[route.kind] : undefined;
  const { path, query } = exchange.record;
  if (place === undefined || exchange.method !== 'GET' || listPath(path) !== undefined) {
    return undefined;
  }
  const elsewhere = `${ELSEWHERE}${path.slice(context.basePath.length)}`;
  const location = place === 'other-host' ? context.cdn.origin() + context.cdn.sign(elsewhere, query) : withQuery(elsewhere, query);
  return { status: 307, headers: { location } };
}

/**
 * Returns the value of the Link to the next page.
 *
 * @param path path of the next page below `/v2/`, with its query
 */
export function nextPage(context: RegistryContext, exchange: Exchange, path: string): string {
  const { lists } = context.quirks;
  if (!lists) {
    return `<${contentLocation(context, path)}>; rel="next"`;
  }
  const page = Number(exchange.parameters.get('page') ?? 1);
  const query = `${path.slice(path.indexOf('?') + 1)}&page=${page + 1}`;
  const { record } = exchange;
  const target = record.server === 'cdn' ? context.cdn.sign(record.path, query) : withQuery(record.path, query);
  return `${linkTarget(target, lists.links?.[(page - 1) % lists.links.length] ?? 'absolute-path')}; rel="next"`;
}

function linkTarget(target: string, form: ListLink): string {
  switch (form) {
    case 'absolute-path':
      return `<${target}>`;
    case 'relative':
      // Without the dot, clients would parse the algorithm of a digest as a scheme (RFC 3986 §4.2).
      return `<./${/[^/]*\?.*$/.exec(target)?.[0] ?? ''}>`;
    case 'bare':
      return target;
  }
}

function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`;
}
