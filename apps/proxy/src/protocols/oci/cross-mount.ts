import { type ConnectorRequest } from '../protocol';
import { ownRepository, upstreamRepository } from './oci-names';
import { parameterValues, withoutParameters } from './raw-query';
import { isDigest, isRepository } from './route-grammar';

/** A cross-repository mount that may be asked for (distribution-spec, "Mounting a blob from another repository"). */
export interface CrossMount {
  readonly digest: string;
  /** The repository to take the blob from, as the registry knows it. */
  readonly from: string;
}

/** `origin` is a further hint of go-containerregistry; it names the registry as the client sees it. */
const MOUNT_PARAMETERS = ['mount', 'from', 'origin'];

/**
 * The mount that a request to begin an upload asks for, if the client may have it: one digest, one repository of the
 * same connector, and the permission to pull. Everything else is no mount, and the upload begins as if none had been
 * asked for: clients treat a refusal as fatal (moby/buildkit#2454). A mount without `from` is none either, because the
 * registry could take the blob from anywhere (security rule C4 cross-tenant mount).
 */
export async function findCrossMount(request: ConnectorRequest): Promise<CrossMount | undefined> {
  const [digest = '', ...moreDigests] = parameterValues(request.query, 'mount');
  const [name = '', ...moreNames] = parameterValues(request.query, 'from');
  if (moreDigests.length > 0 || moreNames.length > 0 || !isDigest(digest)) return undefined;
  const repository = ownRepository(request, name);
  if (repository === undefined || !(await request.allows('get'))) return undefined;
  const from = upstreamRepository(request.address, repository);
  return isRepository(from) ? { digest, from } : undefined;
}

/**
 * The query for beginning an upload: the client's without any mount, and the mount as we understood it. A pair with `;`
 * goes too, because some servers see two parameters there, of which one could be `from`.
 */
export function uploadStartQuery(query: string, mount: CrossMount | undefined): string {
  const rest = withoutParameters(query, ['ns', ...MOUNT_PARAMETERS])
    .split('&')
    .filter((pair) => pair !== '' && !pair.includes(';'));
  const own = mount === undefined ? [] : [`mount=${encodeURIComponent(mount.digest)}`, `from=${encodeURIComponent(mount.from)}`];
  return [...own, ...rest].join('&');
}
