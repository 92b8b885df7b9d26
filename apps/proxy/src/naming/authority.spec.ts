import { formatHostAndPort } from '@oci-connector/egress';
import { parseAuthority, sameAuthority, splitAbsolute } from './authority';

describe('parseAuthority', () => {
  const text = (authority: string, defaultPort?: number): string | undefined => {
    const parsed = parseAuthority(authority, defaultPort);
    return parsed && formatHostAndPort(parsed);
  };

  it.each([
    ['registry.example:443', 'registry.example:443'],
    ['Registry.EXAMPLE:443', 'registry.example:443'],
    ['registry.example.:443', 'registry.example:443'],
    ['registry.example:5000', 'registry.example:5000'],
    ['registry:65535', 'registry:65535'],
    ['xn--bcher-kva.example:443', 'xn--bcher-kva.example:443'],
    ['under_score.example:443', 'under_score.example:443'],
    ['127.0.0.1:443', '127.0.0.1:443'],
    ['2130706433:443', '127.0.0.1:443'],
    ['0177.0.0.1:443', '127.0.0.1:443'],
    ['0x7f.1:443', '127.0.0.1:443'],
    ['[::1]:443', '[::1]:443'],
    ['[0:0:0:0:0:0:0:1]:443', '[::1]:443'],
    ['[::FFFF:127.0.0.1]:443', '[::ffff:7f00:1]:443'],
  ])('%s is %s', (authority, expected) => {
    expect(text(authority)).toBe(expected);
  });

  it.each([
    '',
    'registry.example',
    'registry.example:',
    'registry.example:0',
    'registry.example:00443',
    'registry.example:65536',
    'registry.example:99999',
    'registry.example:443:443',
    'registry.example:-1',
    'registry.example:+443',
    'registry.example: 443',
    ' registry.example:443',
    'user@registry.example:443',
    'user:password@registry.example:443',
    'https://registry.example:443',
    'registry.example:443/v2/',
    'registry.example%2e:443',
    '.:443',
    ':443',
    '256.256.256.256:443',
    '1.2.3.4.5:443',
    '::1:443',
    '[::1',
    '[::1%25eth0]:443',
    '[fe80::1%eth0]:443',
    '[1:2]:443',
    '[v1.x]:443',
    'bücher.example:443',
    '*:443',
  ])('refuses %j', (authority) => {
    expect(text(authority)).toBeUndefined();
  });

  it('fills in the default port, and no other', () => {
    expect([text('Registry.example', 443), text('registry.example:80', 443), text('[::1]', 80), text('registry.example:', 443)]).toEqual([
      'registry.example:443',
      'registry.example:80',
      '[::1]:80',
      undefined,
    ]);
  });

  it('finds that two spellings are the same host', () => {
    const [one, other] = [parseAuthority('Registry.example.', 443), parseAuthority('registry.example:443')];
    expect(one && other && sameAuthority(one, other)).toBe(true);
    expect(one && sameAuthority(one, { ...one, port: 444 })).toBe(false);
    expect(one && sameAuthority(one, { ...one, host: 'registry.example.com' })).toBe(false);
  });
});

describe('splitAbsolute', () => {
  it.each([
    ['http://registry.example/v2/?n=1', { scheme: 'http', authority: 'registry.example', rest: '/v2/?n=1' }],
    ['HTTP://registry.example:5000', { scheme: 'http', authority: 'registry.example:5000', rest: '/' }],
    ['http://registry.example?a/b', { scheme: 'http', authority: 'registry.example', rest: '/?a/b' }],
    ['https://user@registry.example/a//b/../c', { scheme: 'https', authority: 'user@registry.example', rest: '/a//b/../c' }],
    ['ftp:///a', { scheme: 'ftp', authority: '', rest: '/a' }],
    ['http://a\\b/c', { scheme: 'http', authority: 'a\\b', rest: '/c' }],
  ])('splits %s', (target, parts) => {
    expect(splitAbsolute(target)).toEqual(parts);
  });

  it.each(['/v2/', '//registry.example/v2/', '*', 'registry.example:443', 'http:registry.example', 'http:/registry.example', '://a/'])(
    'refuses %s',
    (target) => {
      expect(splitAbsolute(target)).toBeUndefined();
    },
  );
});
