import { type Connector } from '@oci-connector/connector-api';
import { ProxyError } from '../proxy.errors';

/** The API server gives every object a UID; one without would be a defect, and must share nothing. */
export function uidOf({ metadata }: Connector): string {
  if (metadata.uid === undefined) {
    throw new ProxyError('Internal', 'a Connector without UID');
  }
  return metadata.uid;
}
