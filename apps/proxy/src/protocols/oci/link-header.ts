import { type ResponseHeaders } from '../../transport/upstream-transport';
import { withoutParameters, withQuery } from './raw-query';

export interface LinkContext {
  /** The URL that was asked, at the registry. */
  readonly requested: URL;
  /** The upstream repository's path, `/v2/REPOSITORY/`. */
  readonly repositoryPath: string;
  /** The path that the client asked. */
  readonly clientPath: string;
}

/**
 * Rewrites the pagination links of a list (distribution-spec, "Listing Tags"; RFC 8288). A next page is the same list
 * with another query, so only the query is taken from the registry, and the path is the client's own: relative, because
 * go-containerregistry refuses another scheme or host. A link to another host or repository is left out.
 *
 * @returns undefined when no link is left
 */
export function rewriteLinks(link: ResponseHeaders[string], context: LinkContext): string | undefined {
  const text = Array.isArray(link) ? link.join(', ') : (link ?? '');
  const links = text
    .split(/,\s*(?=<)/)
    .map((value) => rewriteLink(value, context))
    .filter((value) => value !== undefined);
  return links.length === 0 ? undefined : links.join(', ');
}

function rewriteLink(value: string, { requested, repositoryPath, clientPath }: LinkContext): string | undefined {
  // Neither a reference nor its parameters can hold < or >, so a link cannot hide in another one.
  const [, reference, parameters] = /^\s*<([\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]*)>([\t\x20-\x3b\x3d\x3f-\x7e]*)$/.exec(value) ?? [];
  if (reference === undefined || parameters === undefined || !URL.canParse(reference, requested.href)) return undefined;
  const url = new URL(reference, requested);
  // Behind a load balancer the scheme and the port are often wrong; the host tells whose list it is.
  if (url.hostname !== requested.hostname || leadsElsewhere(url.pathname, repositoryPath)) return undefined;
  const mark = reference.indexOf('?');
  const query = mark < 0 ? '' : (reference.slice(mark + 1).split('#', 1)[0] ?? '');
  return `<${withQuery(clientPath, withoutParameters(query, ['ns']))}>${parameters}`;
}

function leadsElsewhere(pathname: string, repositoryPath: string): boolean {
  return pathname.startsWith('/v2/') && !pathname.startsWith(repositoryPath);
}
