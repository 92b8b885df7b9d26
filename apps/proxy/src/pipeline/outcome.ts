import { EgressError } from '@oci-connector/egress';
import { type OciAuthError } from '@oci-connector/oci-auth';
import { ProxyError } from '../proxy.errors';
import { type UpstreamTarget } from '../upstream/upstream-target';
import { type UpstreamResponse } from '../upstream/upstream-transport';
import { type Forwardable } from './proxy-exchange';

/** RFC 6585 §4. */
export const TOO_MANY_REQUESTS = 429;

/** The response to a request, and the target that sent it, after redirects. */
export interface Outcome {
  readonly exchange: Forwardable;
  readonly response: UpstreamResponse;
  readonly hop: UpstreamTarget;
}

/** A response by which the registry refuses the request, after all retries. Its body was consumed. */
export interface Refused extends Outcome {
  /** Why the registry refuses the request. */
  readonly refusal: OciAuthError;
  /** The registry's own message, safe to show to the client. */
  readonly words?: string;
}

/**
 * Converts a refusal of the egress policy for an address that the registry chose, as opposed to the configured address.
 *
 * @throws ProxyError RedirectRefused for such a refusal; any other error is thrown unchanged
 */
export function refuseRedirect(error: unknown): never {
  if (!(error instanceof EgressError) || error.code !== 'AddressNotAllowed') {
    throw error;
  }
  throw new ProxyError(
    'RedirectRefused',
    `the registry names a host that the proxy may not connect to: ${error.reason ?? 'its address is refused'}`,
    { cause: error },
  );
}
