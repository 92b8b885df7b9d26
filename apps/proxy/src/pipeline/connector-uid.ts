import { type Connector } from '@oci-connector/connector-api';
import { ProxyError } from '../proxy.errors';

/**
 * Returns the UID of a Connector. The API server gives each object a UID. A Connector without one would share caches with others, so it is
 * treated as a defect.
 *
 * @throws ProxyError Internal when the Connector has no UID
 */
export function uidOf({ metadata }: Connector): string {
  if (metadata.uid === undefined) {
    throw new ProxyError('Internal', 'the Connector has no UID');
  }
  return metadata.uid;
}
