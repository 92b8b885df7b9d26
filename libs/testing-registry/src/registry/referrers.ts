import { parseDigest } from './digest';
import { type Exchange } from './exchange';
import { nextPage } from './list-redirects';
import { RegistryError } from './registry-error';
import { type RegistryContext } from './registry-context';
import { jsonReply, type Reply } from './reply';
import { type StoredManifest } from './repository';

const INDEX = 'application/vnd.oci.image.index.v1+json';

/** Handles GET `/v2/<name>/referrers/<digest>` (distribution-spec, "Listing Referrers"). */
export function listReferrers(
  context: RegistryContext,
  exchange: Exchange,
  route: { readonly repository: string; readonly reference: string },
): Reply {
  if (exchange.method !== 'GET') {
    throw new RegistryError('UNSUPPORTED', 'method not allowed');
  }
  if (!parseDigest(route.reference)) {
    throw new RegistryError('DIGEST_INVALID', `"${route.reference}" is not a digest`);
  }
  const type = exchange.parameters.get('artifactType');
  const all = [...(context.content.find(route.repository)?.manifests.values() ?? [])]
    .filter((manifest) => manifest.subject === route.reference)
    .filter((manifest) => type === null || manifest.artifactType === type);
  const start = Number(exchange.parameters.get('start') ?? 0);
  const end = start + (context.quirks.pageSize ?? Infinity);
  const headers = {
    'content-type': INDEX,
    ...(type === null ? {} : { 'oci-filters-applied': 'artifactType' }),
    ...(end < all.length ? { link: nextPage(context, exchange, nextPath(route, type, end)) } : {}),
  };
  return jsonReply(200, { schemaVersion: 2, mediaType: INDEX, manifests: all.slice(start, end).map(describe) }, headers);
}

function nextPath(route: { readonly repository: string; readonly reference: string }, type: string | null, start: number): string {
  const filter = type === null ? '' : `artifactType=${encodeURIComponent(type)}&`;
  return `${route.repository}/referrers/${route.reference}?${filter}start=${start}`;
}

function describe({ mediaType, digest, content, artifactType, annotations }: StoredManifest): Record<string, unknown> {
  return { mediaType, digest, size: content.length, artifactType, annotations };
}
