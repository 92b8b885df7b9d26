import { type UpstreamAddress } from '@oci-connector/connector-api';
import { type OwnPath } from './protocol';

/** Returns the path before each path of a service: that of its address, without a slash at the end. */
export function prefixOf({ pathPrefix }: Pick<UpstreamAddress, 'pathPrefix'>): string {
  return pathPrefix === '' ? '' : `/${pathPrefix}`;
}

/** Removes the path prefix of an address; undefined for a path outside of it: `/team/a` is inside of `/team`, `/teams` is not. */
export function pathInside(path: string, address: UpstreamAddress): OwnPath | undefined {
  const root = prefixOf(address);
  const rest = path.slice(root.length);
  if (!path.startsWith(root) || (rest !== '' && !rest.startsWith('/'))) {
    return undefined;
  }
  return { path: rest === '' ? '/' : rest, paths: { root, registryRoot: `${root}/v2/`, repositoryPrefix: '' } };
}
