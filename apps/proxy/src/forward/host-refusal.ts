import { EgressError } from '@oci-connector/egress';
import { ProxyError } from '../proxy.errors';

/** Replaces the egress policy's error for a host of no Connector. The client named the host itself, so it may read the reason. */
export function hostRefusal(error: unknown): unknown {
  if (!(error instanceof EgressError)) {
    return error;
  }
  return error.code === 'AddressNotAllowed' ? new ProxyError('HostNotAllowed', error.message, { cause: error }) : error;
}
