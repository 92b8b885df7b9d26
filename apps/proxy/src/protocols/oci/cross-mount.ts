import { isRepositoryName } from '@oci-connector/connector-api';
import { type ConnectorRequest } from '../protocol';
import { ownRepository, upstreamName } from './oci-names';
import { nameOf, OWN_PARAMETERS, queryValues, withoutParameters } from './raw-query';
import { isDigest } from './route-grammar';

/** A cross-repository mount that the client may request (distribution-spec, "Mounting a blob from another repository"). */
export interface CrossMount {
  readonly digest: string;
  /** The registry's name of the source repository; absent: any repository of the registry. */
  readonly from?: string;
}

/**
 * Parameters that turn the start of an upload into a mount. `origin` is a hint of go-containerregistry that names the registry as the
 * client sees it. Some servers trim names, and some read `from[]` and `from.0` as `from`.
 */
const MOUNT_PARAMETER = /^[^a-z]*(?:mount|from|origin)(?![a-z])/;

/**
 * Returns the mount of a request that begins an upload, if it is allowed: with one digest, at most one repository, of the same Connector,
 * and the permission to pull. Otherwise the upload begins without a mount, because clients treat a refusal as fatal (moby/buildkit#2454).
 * Without `from` the registry takes the blob from any repository that the Connector's own credential may read, which is what a client
 * with the permission to pull may read, too (security rule C4 cross-tenant mount).
 */
export async function findCrossMount(request: ConnectorRequest): Promise<CrossMount | undefined> {
  // If the registry refused the mount, a request with a body could not be sent again without it.
  if (request.hasBody) {
    return undefined;
  }
  const [digest = '', ...moreDigests] = queryValues(request.query, 'mount');
  if (moreDigests.length > 0 || !isDigest(digest)) {
    return undefined;
  }
  const names = queryValues(request.query, 'from');
  const from = names.length === 1 ? sourceOf(request, names[0] ?? '') : undefined;
  if (names.length > 0 && from === undefined) {
    return undefined;
  }
  return (await request.allows('get')) ? { digest, from } : undefined;
}

/** Returns the registry's name of the source; undefined when it is not a repository of this Connector. */
function sourceOf(request: ConnectorRequest, name: string): string | undefined {
  const repository = ownRepository(request, name);
  if (repository === undefined) {
    return undefined;
  }
  const from = upstreamName(request.address, repository);
  return isRepositoryName(from) ? from : undefined;
}

/**
 * Returns the query that begins an upload: the client's query without any mount, and the mount as the proxy parsed it. A pair with `;`
 * is removed, because some servers read two parameters there, and one could be `from`.
 */
export function uploadStartQuery(query: string, mount: CrossMount | undefined): string {
  const rest = withoutParameters(query, OWN_PARAMETERS)
    .split('&')
    .filter((pair) => pair !== '' && !pair.includes(';') && !MOUNT_PARAMETER.test(nameOf(pair)));
  return [...mountParameters(mount), ...rest].join('&');
}

function mountParameters(mount: CrossMount | undefined): string[] {
  if (mount === undefined) {
    return [];
  }
  const digest = `mount=${encodeURIComponent(mount.digest)}`;
  return mount.from === undefined ? [digest] : [digest, `from=${encodeURIComponent(mount.from)}`];
}
