import { type EgressError } from '@oci-connector/egress';
import { type OciAuthError } from '@oci-connector/oci-auth';

/*
 * What clients are told of the way to a registry. They may know its address as the Connector's owner wrote it, and of token servers those that
 * the owner trusts; not what DNS made of that, and not where the registry leads. The log and the Connector's conditions say all.
 */

const SEE_CONDITIONS = 'the conditions of the connector and the log of the proxy say more';

/** Of a connection. */
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

/** Of logging in. Token servers are named in it, once they are trusted. */
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
