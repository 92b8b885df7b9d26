import { classifyConnectError } from './connect-errors';
import { EgressError } from './egress.errors';

const withCode = (code: string, cause?: unknown): Error => Object.assign(new Error(`boom ${code}`, { cause }), { code });

describe('classifyConnectError', () => {
  it.each([
    ['ENOTFOUND', 'HostNotFound', true],
    ['EAI_AGAIN', 'HostNotFound', true],
    ['ECONNREFUSED', 'ConnectionRefused', true],
    ['ETIMEDOUT', 'ConnectTimeout', true],
    ['UND_ERR_CONNECT_TIMEOUT', 'ConnectTimeout', true],
    ['EHOSTUNREACH', 'HostUnreachable', true],
    ['ENETUNREACH', 'HostUnreachable', true],
    ['ECONNRESET', 'ConnectionReset', true],
    ['EPIPE', 'ConnectionReset', true],
    ['UND_ERR_SOCKET', 'ConnectionReset', true],
    ['UND_ERR_HEADERS_TIMEOUT', 'ResponseTimeout', true],
    ['UND_ERR_BODY_TIMEOUT', 'ResponseTimeout', true],
    ['UND_ERR_HEADERS_OVERFLOW', 'ResponseInvalid', false],
    ['EPROTO', 'TlsFailed', false],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TlsFailed', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'CertificateInvalid', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CertificateInvalid', false],
    ['CERT_HAS_EXPIRED', 'CertificateInvalid', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'CertificateInvalid', false],
    ['CERT_REVOKED', 'CertificateInvalid', false],
  ])('%s is %s', (code, expected, retryable) => {
    const error = withCode(code);
    const typed = classifyConnectError(error, { host: 'r.corp', port: 443 });
    expect(typed).toMatchObject({ name: 'UpstreamConnectError', code: expected, retryable, cause: error });
    expect(typed?.message).toMatch(new RegExp(`^No answer from r\\.corp:443: .*\\(${code}\\)\\.$`));
  });

  it('recognises undici’s parser errors, which have no code', () => {
    const error = Object.assign(new Error('Expected HTTP/'), { name: 'HTTPParserError', code: undefined });
    expect(classifyConnectError(error)).toMatchObject({ code: 'ResponseInvalid', retryable: false });
  });

  it.each([
    ['a cause', new TypeError('fetch failed', { cause: withCode('ECONNREFUSED') })],
    ['a cause of a cause', new Error('a', { cause: new Error('b', { cause: withCode('ECONNREFUSED') }) })],
    ['one of several dialled addresses', new AggregateError([new Error('?'), withCode('ECONNREFUSED')])],
  ])('looks into %s', (_name, error) => {
    expect(classifyConnectError(error)?.code).toBe('ConnectionRefused');
  });

  it('returns a typed error unchanged, and a refusal of the policy with its message', () => {
    const refusal = new EgressError('AddressNotAllowed', 'No connection to x.');
    const typed = classifyConnectError(new Error('wrapped', { cause: refusal }));
    expect(typed).toMatchObject({ code: 'AddressNotAllowed', message: 'No connection to x.', retryable: false });
    expect(classifyConnectError(typed)).toBe(typed);
  });

  it.each([
    ['an abort', new DOMException('gone', 'AbortError')],
    ['any error', new Error('x')],
    ['an unknown code', withCode('EWHAT')],
    ['text', 'ECONNREFUSED'],
    ['nothing', undefined],
  ])('returns undefined for %s', (_name, error) => {
    expect(classifyConnectError(error)).toBeUndefined();
  });

  it('ends on circular causes', () => {
    const error = new Error('a');
    error.cause = error;
    expect(classifyConnectError(error)).toBeUndefined();
  });

  it('says for an unknown authority where to put its certificate', () => {
    expect(classifyConnectError(withCode('SELF_SIGNED_CERT_IN_CHAIN'))?.message).toContain('spec.caCertSecretRef');
  });
});
