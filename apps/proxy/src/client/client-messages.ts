import { type EgressError } from '@oci-connector/egress';
import { type OciAuthError } from '@oci-connector/oci-auth';

/*
 * Messages to clients about the connection to a registry. They may name the address that the Connector's owner configured, and token
 * servers that the owner trusts. They must not name resolved IP addresses, redirect targets or untrusted token servers. The log and the
 * Connector's conditions contain all details.
 */

const SEE_CONDITIONS = 'for details see the conditions of the connector and the log of the proxy';

/** Returns the message for a failed connection. */
export function egressMessage({ host, reason = 'the connection failed' }: EgressError, registry: string | undefined): string {
  return `no answer from ${peerOf(host, registry)}: ${reason}`;
}

function peerOf(host: string | undefined, registry: string | undefined): string {
  if (registry === undefined) {
    return 'the registry';
  }
  const isRegistry = host === undefined || new URL(registry).hostname.replace(/^\[|\]$/g, '') === host;
  return isRegistry ? `the registry ${registry}` : `a host that the registry ${registry} names`;
}

/** Returns the message for a failed login. It names only trusted token servers. */
export function ociAuthMessage(error: OciAuthError, registry: string | undefined): string {
  const place = registry === undefined ? 'the registry' : `the registry ${registry}`;
  switch (error.code) {
    case 'RealmUntrusted':
      return `${place} names a token server that is not trusted: nothing was sent there. If it is the right one, the connector's owner lists it in spec.auth.trustedRealms; ${SEE_CONDITIONS}`;
    case 'NotARegistry':
      return `${place} does not answer as a registry; check spec.address; ${SEE_CONDITIONS}`;
    default:
      return error.publicMessage;
  }
}
