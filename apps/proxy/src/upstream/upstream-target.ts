import { type UpstreamAddress } from '@oci-connector/connector-api';
import { type EgressPurpose, hostAndPort } from '@oci-connector/egress';

/** Where a request goes. */
export interface UpstreamTarget {
  /** scheme://host[:port] */
  readonly origin: string;
  /** Raw path with its query, to be sent as it is. */
  readonly path: string;
  /** Which egress rule holds: `connector` on the connector's own origin, `redirect…` elsewhere. */
  readonly purpose: EgressPurpose;
  /** False on any origin but the connector's own: then neither Authorization nor token is sent (security rule C2). */
  readonly sendCredential: boolean;
}

/** How a place is reached: with the credential only on the connector's own scheme, host and port (security rule C2). */
export function targetOf({ origin, path }: Pick<UpstreamTarget, 'origin' | 'path'>, address: UpstreamAddress): UpstreamTarget {
  const own = origin === address.origin;
  return { origin, path, purpose: own ? 'connector' : redirectPurpose(origin, address), sendCredential: own };
}

function redirectPurpose(origin: string, address: UpstreamAddress): EgressPurpose {
  return hostAndPort(new URL(origin)).host === address.host ? 'redirect-own-host' : 'redirect';
}
