import { CredentialError } from '@oci-connector/credentials';
import { UpstreamConnectError } from '@oci-connector/egress';
import { KubeUnreachableError, ReviewUnavailableError, TokenRefusedError } from '@oci-connector/kube';
import { OciAuthError } from '@oci-connector/oci-auth';
import { TransferCancelled } from '../transfer/cancellation';
import { toProxyError } from './to-proxy-error';

describe('toProxyError', () => {
  it.each<[unknown, number, string]>([
    [new TokenRefusedError('Expired', 'x'), 401, 'UNAUTHORIZED'],
    [new ReviewUnavailableError('x'), 503, 'UNAVAILABLE'],
    [new KubeUnreachableError('x'), 503, 'UNAVAILABLE'],
    [new CredentialError('SecretNotFound', 'x'), 424, 'DENIED'],
    [new CredentialError('SecretTypeMismatch', 'x'), 424, 'DENIED'],
    [new OciAuthError('CredentialRefused', 'x'), 403, 'DENIED'],
    [new OciAuthError('CredentialMissing', 'x'), 403, 'DENIED'],
    [new OciAuthError('RealmUntrusted', 'x'), 424, 'DENIED'],
    [new OciAuthError('RealmHasUserInfo', 'x'), 424, 'DENIED'],
    [new OciAuthError('ChallengeUnsupported', 'x'), 424, 'DENIED'],
    [new OciAuthError('NotARegistry', 'x'), 424, 'DENIED'],
    [new OciAuthError('AccessRefused', 'x'), 403, 'DENIED'],
    [new OciAuthError('TokenResponseTooLarge', 'x'), 502, 'UNKNOWN'],
    [new OciAuthError('TokenEndpointThrottled', 'x', { retryAfterMs: 1_500 }), 429, 'TOOMANYREQUESTS'],
    [new UpstreamConnectError('CertificateInvalid', 'x'), 424, 'DENIED'],
    [new UpstreamConnectError('AddressNotAllowed', 'x'), 424, 'DENIED'],
    [new UpstreamConnectError('ResponseTimeout', 'x'), 504, 'UNKNOWN'],
    [new TransferCancelled('upstream-silent'), 504, 'UNKNOWN'],
    [new TransferCancelled('client-silent'), 408, 'UNKNOWN'],
    [new TransferCancelled('shutdown'), 503, 'UNAVAILABLE'],
    [new TypeError('a defect'), 500, 'UNKNOWN'],
    ['thrown text', 500, 'UNKNOWN'],
  ])('%p is %i %s', (error, status, ociCode) => {
    expect(toProxyError(error)).toMatchObject({ status, ociCode });
  });

  it('hides the details of a defect from the client', () => {
    expect(toProxyError(new Error('secret detail')).message).toBe('the proxy failed; see its log');
  });

  it('rounds Retry-After up to seconds', () => {
    const error = toProxyError(new OciAuthError('TokenEndpointThrottled', 'x', { retryAfterMs: 1_500 }));
    expect(error.retryAfterSeconds).toBe(2);
  });
});
