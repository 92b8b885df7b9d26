import { EgressError, formatHostAndPort, type HostAndPort } from '@oci-connector/egress';
import { toProxyError } from '../client/to-proxy-error';
import { ProxyError } from '../proxy.errors';

/**
 * Replaces an error about the connection to a host of no Connector. The client named the host itself, so it may read the reason, but not
 * the addresses that the proxy has found for the name.
 */
export function hostRefusal(error: unknown, authority: HostAndPort): unknown {
  if (!(error instanceof EgressError)) {
    return error;
  }
  const code = error.code === 'AddressNotAllowed' ? 'HostNotAllowed' : toProxyError(error).code;
  return new ProxyError(code, `no connection to ${formatHostAndPort(authority)}: ${error.reason ?? 'it failed'}`, { cause: error });
}
