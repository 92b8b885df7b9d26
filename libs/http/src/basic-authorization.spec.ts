import { Sensitive } from '@oci-connector/sensitive';
import { inspect } from 'node:util';
import { basicAuthorization } from './basic-authorization';

describe('basicAuthorization', () => {
  it.each([
    ['the example of RFC 7617 §2', 'Aladdin', 'open sesame', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
    ['the example of RFC 7617 §2.1, in UTF-8', 'test', '123\u00a3', 'Basic dGVzdDoxMjPCow=='],
    ['a password with colons', 'a', 'b:c', 'Basic YTpiOmM='],
    ['no user name', '', 'pw', 'Basic OnB3'],
    ['no password', 'a', '', 'Basic YTo='],
  ])('%s', (_what, username, password, expected) => {
    expect(basicAuthorization({ username, password: new Sensitive(password) }).reveal()).toBe(expected);
  });

  it('cannot be printed', () => {
    const header = basicAuthorization({ username: 'Aladdin', password: new Sensitive('open sesame') });
    for (const text of [String(header), JSON.stringify(header), inspect(header, { showHidden: true, depth: null })]) {
      expect(text).not.toContain('QWxh');
    }
  });
});
