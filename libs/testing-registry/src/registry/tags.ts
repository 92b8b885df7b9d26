import { type Exchange } from './exchange';
import { nextPage } from './list-redirects';
import { RegistryError } from './registry-error';
import { type RegistryContext } from './registry-context';
import { jsonReply, type Reply } from './reply';

/** Handles GET `/v2/<name>/tags/list` (distribution-spec, "Listing Tags"). */
export function listTags(context: RegistryContext, exchange: Exchange, repository: string): Reply {
  if (exchange.method !== 'GET') {
    throw new RegistryError('UNSUPPORTED', 'method not allowed');
  }
  const held = context.content.find(repository);
  if (!held) {
    throw new RegistryError('NAME_UNKNOWN', `no repository ${repository}`);
  }
  const last = exchange.parameters.get('last');
  const all = [...held.tags.keys(), ...inventedTags(context.quirks.extraTags ?? 0)].sort();
  const rest = last === null ? all : all.filter((tag) => tag > last);
  const size = pageSize(context, exchange.parameters.get('n'));
  const tags = rest.slice(0, size);
  const more = tags.length > 0 && tags.length < rest.length;
  return jsonReply(
    200,
    { name: repository, tags },
    more ? { link: nextPage(context, exchange, nextPath(repository, size, tags.at(-1) ?? '')) } : {},
  );
}

function pageSize(context: RegistryContext, asked: string | null): number {
  if (asked !== null && !/^\d+$/.test(asked)) {
    throw new RegistryError('PAGINATION_NUMBER_INVALID', '"n" is not a number');
  }
  return Math.min(asked === null ? Infinity : Number(asked), context.quirks.pageSize ?? Infinity);
}

function nextPath(repository: string, size: number, last: string): string {
  return `${repository}/tags/list?n=${size}&last=${encodeURIComponent(last)}`;
}

function inventedTags(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `t-${String(index).padStart(7, '0')}`);
}
