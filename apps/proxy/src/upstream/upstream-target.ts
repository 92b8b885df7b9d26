import { type UpstreamAddress } from '@oci-connector/connector-api';
import { type EgressPurpose, hostAndPort } from '@oci-connector/egress';
import { type UpstreamPlace } from './upstream-place';

/** Where a request goes. Its path is sent unchanged. */
export interface UpstreamTarget extends UpstreamPlace {
  /** Which egress rule applies: `connector` on the Connector's own origin, `redirect…` elsewhere. */
  readonly purpose: EgressPurpose;
  /** False on every origin other than the Connector's own: then no Authorization and no token is sent (security rule C2). */
  readonly sendCredential: boolean;
}

/** Returns how to reach a place: with the credential only on the Connector's own scheme, host and port (security rule C2). */
export function targetOf({ origin, path }: UpstreamPlace, address: UpstreamAddress): UpstreamTarget {
  const own = origin === address.origin;
  return { origin, path, purpose: own ? 'connector' : redirectPurpose(origin, address), sendCredential: own };
}

function redirectPurpose(origin: string, address: UpstreamAddress): EgressPurpose {
  return hostAndPort(new URL(origin)).host === address.host ? 'redirect-own-host' : 'redirect';
}
