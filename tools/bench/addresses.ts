import { CONNECTOR, type Target } from './rig';

/** The upstream ignores the digest, but the proxy checks its form. */
const DIGEST = `sha256:${'a'.repeat(64)}`;

/** Returns the repository at a target. The upstream reads the blob's size from its name. */
function repository(target: Target, size: number): string {
  const prefix = target.name === 'proxy' ? `namespaces/${CONNECTOR.namespace}/connectors/${CONNECTOR.name}/` : '';
  return `${target.base}/v2/${prefix}bench/size-${size}`;
}

export const blobUrl = (target: Target, size: number): string => `${repository(target, size)}/blobs/${DIGEST}`;
export const uploadUrl = (target: Target): string => `${repository(target, 0)}/blobs/uploads/session?digest=${DIGEST}`;
export const manifestUrl = (target: Target): string => `${repository(target, 0)}/manifests/v1`;
