import { CONNECTOR, type Target } from './rig';

/** The upstream does not look at digests; a client's proxy does, so it has the form of one. */
const DIGEST = `sha256:${'a'.repeat(64)}`;

/** The repository as it is named at a target; the upstream reads the blob's size from its name. */
function repository(target: Target, size: number): string {
  const prefix = target.name === 'proxy' ? `namespaces/${CONNECTOR.namespace}/connectors/${CONNECTOR.name}/` : '';
  return `${target.base}/v2/${prefix}bench/size-${size}`;
}

export const blobUrl = (target: Target, size: number): string => `${repository(target, size)}/blobs/${DIGEST}`;
export const uploadUrl = (target: Target): string => `${repository(target, 0)}/blobs/uploads/session?digest=${DIGEST}`;
export const manifestUrl = (target: Target): string => `${repository(target, 0)}/manifests/v1`;
