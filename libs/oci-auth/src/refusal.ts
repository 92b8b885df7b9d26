import { type Authorization } from './authorization';
import { type ChallengeHeader, parseChallenges } from './challenge';

/**
 * Whether a response refuses the authorisation that was sent, and not only the request. That is a 401; a 403 that asks for a wider
 * token (RFC 6750 §3.1, IBM's registry); or a 403 with a challenge when no Authorization was sent.
 */
export function refusesAuthorization(status: number, header: ChallengeHeader, sent: Pick<Authorization, 'scheme'>): boolean {
  if (status === 401) {
    return true;
  }
  if (status !== 403 || header === undefined) {
    return false;
  }
  return parseChallenges(header).some(({ scheme, parameters }) =>
    sent.scheme === 'none'
      ? scheme === 'bearer' || scheme === 'basic'
      : scheme === 'bearer' && parameters['error'] === 'insufficient_scope',
  );
}
