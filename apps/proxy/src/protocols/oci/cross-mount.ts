import { isRepositoryName } from '@oci-connector/connector-api';
import { type ConnectorRequest } from '../protocol';
import { ownRepository, upstreamName } from './oci-names';
import { nameOf, OWN_PARAMETERS, queryValues, withoutParameters } from './raw-query';
import { isDigest } from './route-grammar';

/** A cross-repository mount that may be asked for (distribution-spec, "Mounting a blob from another repository"). */
export interface CrossMount {
  readonly digest: string;
  /** The repository to take the blob from, as the registry knows it; absent: wherever the registry has it. */
  readonly from?: string;
}

/**
 * What makes another request of one that begins an upload. `origin` is a further hint of go-containerregistry; it names the registry as
 * the client sees it. Some servers trim names, and some read `from[]` and `from.0` as `from`.
 */
const MOUNT_PARAMETER = /^[^a-z]*(?:mount|from|origin)(?![a-z])/;

/**
 * The mount that a request to begin an upload asks for, if the client may have it: one digest, the permission to pull, and
 * at most one repository, of the same connector. Everything else is no mount, and the upload begins as if none had been
 * asked for: clients treat a refusal as fatal (moby/buildkit#2454). Without `from` the registry takes the blob from where
 * the connector's own credential may read it, and whoever may pull may do the same (security rule C4 cross-tenant mount).
 */
export async function findCrossMount(request: ConnectorRequest): Promise<CrossMount | undefined> {
  // With a body it could not be sent again without the mount, should that be refused.
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

/** The source as the registry knows it; undefined when it is not of this connector. */
function sourceOf(request: ConnectorRequest, name: string): string | undefined {
  const repository = ownRepository(request, name);
  if (repository === undefined) {
    return undefined;
  }
  const from = upstreamName(request.address, repository);
  return isRepositoryName(from) ? from : undefined;
}

/**
 * The query for beginning an upload: the client's without any mount, and the mount as we understood it. A pair with `;`
 * goes too, because some servers see two parameters there, of which one could be `from`.
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
