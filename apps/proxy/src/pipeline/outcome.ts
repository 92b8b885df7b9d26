import { EgressError } from '@oci-connector/egress';
import { type OciAuthError } from '@oci-connector/oci-auth';
import { ProxyError } from '../proxy.errors';
import { type UpstreamTarget } from '../upstream/upstream-target';
import { type UpstreamResponse } from '../upstream/upstream-transport';
import { type Forwardable } from './proxy-exchange';

/** RFC 6585 §4. */
export const TOO_MANY_REQUESTS = 429;

/** The response to a request, and where it came from in the end. */
export interface Outcome {
  readonly exchange: Forwardable;
  readonly response: UpstreamResponse;
  readonly hop: UpstreamTarget;
}

/** An outcome that nothing could be done about: the registry refuses, and this is why. Its body was read. */
export interface Refused extends Outcome {
  readonly refusal: OciAuthError;
  /** What the registry says about it, fit to be shown. */
  readonly words?: string;
}

/** The policy refuses what the registry chose, not what is configured. */
export function refuseRedirect(error: unknown): never {
  if (!(error instanceof EgressError) || error.code !== 'AddressNotAllowed') {
    throw error;
  }
  throw new ProxyError(
    'RedirectRefused',
    `the registry leads to a host that may not be reached: ${error.reason ?? 'its address is refused'}`,
    { cause: error },
  );
}
