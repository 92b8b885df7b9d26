import { CONNECTORS_MAX } from '@oci-connector/connector-api';
import { formatKey } from '@oci-connector/kube';
import { connectorsOfLogin } from './forward-login';

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

/** What was read: the Connectors, or the problem. */
function read(header: string): string {
  const connectors = connectorsOfLogin(header);
  return typeof connectors === 'string' ? connectors : connectors.map(formatKey).join(' ');
}

const USER = 'the user must be NAMESPACE/NAME of a connector, or several of them separated by commas';

describe('connectorsOfLogin', () => {
  it.each([
    ['team-a/harbor:t.o-k_en', 'team-a/harbor'],
    ['team-a%2Fharbor:token', 'team-a/harbor'],
    ['team-a%2fharbor:token', 'team-a/harbor'],
    ['a/b,c/d:token', 'a/b c/d'],
    ['a%2Fb,c%2Fd:token', 'a/b c/d'],
    ['a%2Fb%2Cc%2Fd:token', 'a/b c/d'],
    ['a/b,a/b:token', 'a/b'],
    ['a/b:to:ken', 'a/b'],
    ['a/b:to%2Fken', 'a/b'],
  ])('reads %s', (pair, expected) => {
    expect(read(basic(pair))).toBe(expected);
  });

  it.each([
    [basic('a/b:token').replace('Basic', 'bAsIc  '), 'a/b'],
    // Without padding, as some clients send it.
    [basic('a/b:token').replace(/=+$/, ''), 'a/b'],
  ])('reads the header %s', (header, expected) => {
    expect(read(header)).toBe(expected);
  });

  it.each([
    ['', 'the Proxy-Authorization header is malformed'],
    ['Basic', 'the Proxy-Authorization header is malformed'],
    ['Basic ', 'the Proxy-Authorization header is malformed'],
    ['Bearer abc', 'the Proxy-Authorization header is malformed'],
    ['Basic a b', 'the Proxy-Authorization header is malformed'],
    [`${basic('a/b:token')}, ${basic('a/b:token')}`, 'the Proxy-Authorization header is malformed'],
    [basic(''), 'the Proxy-Authorization header is malformed'],
    [basic(':token'), USER],
    [basic('any:token'), USER],
    [basic('a/b/c:token'), USER],
    [basic('a/:token'), USER],
    [basic('/b:token'), USER],
    [basic('a/b,:token'), USER],
    [basic('A/b:token'), USER],
    [basic('a%zz/b:token'), USER],
    [basic('a%252Fb:token'), USER],
    [basic(`a/${'b'.repeat(62)}:token`), USER],
    [basic('a /b:token'), USER],
    [basic('a/b\n:token'), USER],
  ])('refuses %j', (header, problem) => {
    expect(read(header)).toBe(problem);
  });

  it('limits the number of Connectors', () => {
    const names = (count: number): string => Array.from({ length: count }, (_, index) => `team/c${index}`).join(',');
    expect(read(basic(`${names(CONNECTORS_MAX)}:token`))).toContain(`team/c${CONNECTORS_MAX - 1}`);
    expect(read(basic(`${names(CONNECTORS_MAX + 1)}:token`))).toBe(
      `the user names ${CONNECTORS_MAX + 1} connectors; at most ${CONNECTORS_MAX} are possible`,
    );
  });
});
