import { type UpstreamAddress } from '@oci-connector/connector-api';
import { type EgressPurpose, hostAndPort } from '@oci-connector/egress';

/** Where a request goes. */
export interface UpstreamTarget {
  /** scheme://host[:port] */
  readonly origin: string;
  /** Raw path with its query, sent unchanged. */
  readonly path: string;
  /** Which egress rule applies: `connector` on the Connector's own origin, `redirect…` elsewhere. */
  readonly purpose: EgressPurpose;
  /** False on every origin other than the Connector's own: then no Authorization and no token is sent (security rule C2). */
  readonly sendCredential: boolean;
}

/** Returns how to reach a place: with the credential only on the Connector's own scheme, host and port (security rule C2). */
export function targetOf({ origin, path }: Pick<UpstreamTarget, 'origin' | 'path'>, address: UpstreamAddress): UpstreamTarget {
  const own = origin === address.origin;
  return { origin, path, purpose: own ? 'connector' : redirectPurpose(origin, address), sendCredential: own };
}

function redirectPurpose(origin: string, address: UpstreamAddress): EgressPurpose {
  return hostAndPort(new URL(origin)).host === address.host ? 'redirect-own-host' : 'redirect';
}
