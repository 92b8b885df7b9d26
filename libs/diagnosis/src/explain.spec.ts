import { AddressError } from '@oci-connector/connector-api';
import { EgressError, UpstreamConnectError, type EgressErrorCode } from '@oci-connector/egress';
import { OciAuthError, type OciAuthErrorCode } from '@oci-connector/oci-auth';
import { explain } from './explain';

const origin = 'https://registry.example.com';

describe('an error of the authorisation', () => {
  const table: [OciAuthErrorCode, string][] = [
    ['RealmUntrusted', 'failed AuthRealmUntrusted'],
    ['CredentialRefused', 'failed AuthenticationFailed'],
    ['CredentialMissing', 'failed AuthenticationFailed'],
    ['RepositoryDenied', 'failed AuthenticationFailed'],
    ['RealmInvalid', 'failed AuthRealmInvalid'],
    ['RealmHasUserInfo', 'failed AuthRealmInvalid'],
    ['TokenExpired', 'failed AuthenticationFailed'],
    ['AccessRefused', 'failed AuthenticationFailed'],
    ['ScopeRefused', 'failed AuthenticationFailed'],
    ['ChallengeUnsupported', 'failed AuthenticationFailed'],
    ['TokenResponseInvalid', 'failed AuthenticationFailed'],
    ['TokenResponseTooLarge', 'failed AuthenticationFailed'],
    ['TokenEndpointThrottled', 'unknown Throttled'],
    ['RegistryThrottled', 'unknown Throttled'],
    ['TokenEndpointUnreachable', 'unknown ConnectionFailed'],
    ['RegistryUnreachable', 'unknown ConnectionFailed'],
    ['NotARegistry', 'unknown NotARegistry'],
  ];
  it.each(table)('%s is %s', (code, expected) => {
    const finding = explain(new OciAuthError(code, 'What to do.'), { check: 'credential', origin });
    expect([finding.outcome, finding.reason, ...(finding.credentialRefused ? ['refused'] : [])].join(' ')).toBe(expected);
    expect(finding.message).toContain('What to do.');
  });
});

describe('an error of the connection', () => {
  const table: [EgressErrorCode, string, string][] = [
    ['AddressNotAllowed', 'failed AddressNotAllowed', 'failed AddressNotAllowed'],
    ['CertificateInvalid', 'failed CertificateInvalid', 'failed CertificateInvalid'],
    ['HostNotFound', 'failed ConnectionFailed', 'unknown ConnectionFailed'],
    ['ConnectionRefused', 'failed ConnectionFailed', 'unknown ConnectionFailed'],
    ['ConnectTimeout', 'failed ConnectionFailed', 'unknown ConnectionFailed'],
    ['HostUnreachable', 'failed ConnectionFailed', 'unknown ConnectionFailed'],
    ['TlsFailed', 'failed ConnectionFailed', 'unknown ConnectionFailed'],
    ['ConnectionReset', 'failed ConnectionFailed', 'unknown ConnectionFailed'],
    ['ResponseTimeout', 'failed ConnectionFailed', 'unknown ConnectionFailed'],
    ['ResponseInvalid', 'failed ConnectionFailed', 'unknown ConnectionFailed'],
  ];
  it.each(table)('%s is %s for liveness and %s for a credential', (code, liveness, credential) => {
    const error = new UpstreamConnectError(code, 'What to do.');
    for (const [check, expected] of [
      ['liveness', liveness],
      ['credential', credential],
    ] as const) {
      const finding = explain(error, { check, origin });
      expect(`${finding.outcome} ${finding.reason}`).toBe(expected);
      expect(finding.message).toBe('What to do.');
    }
  });

  it('is found in the causes of an authorisation error', () => {
    const cause = new EgressError('AddressNotAllowed', 'The token server is forbidden.');
    const error = new OciAuthError('TokenEndpointUnreachable', 'No answer.', { cause });
    expect(explain(error, { check: 'credential', origin })).toMatchObject({
      outcome: 'failed',
      reason: 'AddressNotAllowed',
      message: 'The token server is forbidden.',
    });
  });

  it('is recognised when it is not classified yet', () => {
    const error = new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) });
    expect(explain(error, { check: 'liveness', origin })).toMatchObject({ outcome: 'failed', reason: 'ConnectionFailed' });
  });
});

it('an invalid address is a failed connection', () => {
  expect(explain(new AddressError('spec.address', 'must be a URL'), { check: 'liveness', origin })).toMatchObject({
    outcome: 'failed',
    message: 'spec.address must be a URL',
  });
});

it('a timeout names the host that did not respond', () => {
  const error = new DOMException('timed out', 'TimeoutError');
  expect(explain(error, { check: 'credential', origin })).toMatchObject({ outcome: 'unknown', reason: 'ConnectionFailed' });
  expect(explain(error, { check: 'liveness', origin }).message).toContain(origin);
});

it('an unknown error is thrown', () => {
  const error = new RangeError('a bug');
  expect(() => explain(error, { check: 'liveness', origin })).toThrow(error);
});
