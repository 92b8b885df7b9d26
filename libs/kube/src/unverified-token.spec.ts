import { Sensitive } from '@oci-connector/sensitive';
import { aToken } from '../test/tokens';
import { decodeTokenUnverified } from './unverified-token';

const encoded = (text: string): string => Buffer.from(text).toString('base64url');

describe('decodeTokenUnverified', () => {
  it('reads the claims of a ServiceAccount token', () => {
    expect(decodeTokenUnverified(aToken())).toEqual({
      algorithm: 'RS256',
      keyId: 'k',
      issuer: 'https://kubernetes.default.svc',
      subject: 'system:serviceaccount:team-a:builder',
      audiences: ['connectors-proxy'],
      expiresAt: Date.parse('2030-01-01T01:00:00Z'),
      serviceAccount: { namespace: 'team-a', name: 'builder', uid: 'sa-uid' },
      pod: { name: 'build-1', uid: 'pod-uid' },
    });
  });

  it.each<[string, object, object]>([
    ['one audience as a string', { aud: 'a' }, { audiences: ['a'] }],
    ['a time of issue', { iat: Date.parse('2030-01-01T00:00:00Z') / 1000 }, { issuedAt: Date.parse('2030-01-01T00:00:00Z') }],
    ['an invalid time of issue', { iat: '1' }, { issuedAt: undefined }],
    ['no audience', { aud: undefined }, { audiences: [] }],
    ['audiences that are not strings', { aud: [1, 'a', null] }, { audiences: ['a'] }],
    ['no claims of Kubernetes', { 'kubernetes.io': undefined }, { audiences: ['connectors-proxy'] }],
    ['claims of Kubernetes in a wrong form', { 'kubernetes.io': { namespace: 1, serviceaccount: 'x', pod: [] } }, {}],
  ])('reads a token with %s', (_name, claims, expected) => {
    expect(decodeTokenUnverified(aToken(claims))).toMatchObject(expected);
  });

  it.each<[string, Sensitive]>([
    ['nothing', new Sensitive('')],
    ['a password', new Sensitive('hunter2')],
    ['two parts', new Sensitive(`${encoded('{}')}.${encoded('{}')}`)],
    ['four parts', new Sensitive(`${aToken().reveal()}.x`)],
    ['an unsigned token', new Sensitive(`${encoded('{"alg":"none"}')}.${encoded('{"exp":1}')}.`)],
    ['characters outside base64url', new Sensitive(`${aToken().reveal()}=`)],
    ['a line break at the end', new Sensitive(`${aToken().reveal()}\n`)],
    ['parts that are not JSON', new Sensitive('aaaa.bbbb.cccc')],
    ['a header that is not an object', aToken({}, 'RS256')],
    ['a header without algorithm', aToken({}, {})],
    ['a payload that is a list', new Sensitive(`${encoded('{"alg":"RS256"}')}.${encoded('[]')}.cccc`)],
    ['no expiry', aToken({ exp: undefined })],
    ['an expiry that is text', aToken({ exp: 'tomorrow' })],
    ['more than 16 KiB', aToken({ groups: 'x'.repeat(20_000) })],
  ])('refuses %s, without quoting it', (_name, token) => {
    let error: Error | undefined;
    try {
      decodeTokenUnverified(token);
    } catch (thrown) {
      error = thrown as Error;
    }
    expect(error).toMatchObject({ code: 'NotAToken' });
    expect(error?.message).not.toContain('hunter2');
    expect(error?.cause).toBeUndefined();
  });
});
