import { canPrefixRepositories, isRepositoryName, upstreamRepository } from './repository-name';
import { parseUpstreamAddress } from './upstream-address';

describe('isRepositoryName', () => {
  it.each(['a', 'a/b_c/d__e/f--g.h', '0', 'a'.repeat(255)])('accepts %j', (name) => {
    expect(isRepositoryName(name)).toBe(true);
  });

  it.each(['', 'A', 'é', '/a', 'a/', 'a//b', 'a.', '-a', 'a..b', 'a___b', 'a b', 'a:b', '../a', 'a\n', 'a'.repeat(256)])(
    'refuses %j',
    (name) => {
      expect(isRepositoryName(name)).toBe(false);
    },
  );

  it('takes linear time', () => {
    expect(isRepositoryName(`${'a-'.repeat(127)}!`)).toBe(false);
  });
});

describe('upstreamRepository', () => {
  it.each([
    ['https://r.example', 'app', 'app'],
    ['https://r.example/team/', 'app', 'team/app'],
    ['https://r.example/v2', 'app', 'app'],
    ['https://r.example/v2/', 'a/app', 'a/app'],
    ['https://r.example/v2/team', 'app', 'team/app'],
    ['https://r.example/V2/', 'app', 'app'],
    ['https://r.example/V2/team/a/', 'app', 'team/a/app'],
    ['https://r.example/v2/v2', 'app', 'v2/app'],
    ['https://r.example/v2x', 'app', 'v2x/app'],
    ['https://R.example:443/v2/', 'app', 'app'],
    ['http://[::1]:5000/v2/team', 'app', 'team/app'],
    ['https://docker.io/v2/a', 'app', 'a/app'],
    ['https://r.example/team/v2', 'app', 'team/v2/app'],
    ['https://docker.io', 'app', 'library/app'],
    ['https://docker.io/v2/', 'app', 'library/app'],
    ['https://docker.io', 'a/app', 'a/app'],
    ['https://docker.io/a', 'app', 'a/app'],
  ])('of %s, %s is %s', (address, repository, expected) => {
    expect(upstreamRepository(parseUpstreamAddress(address), repository)).toBe(expected);
  });
});

describe('an address that contains /v2/', () => {
  it.each(['', '/', '/v2', '/v2/', '/V2', '/v2/team', '/team/a', '/tags/list', '/team/tags/list'])(
    '%j can be the prefix of repositories',
    (path) => {
      expect(canPrefixRepositories(parseUpstreamAddress(`https://r.example${path}`))).toBe(true);
    },
  );

  it.each(['/v2/_catalog', '/v2/Team', '/Team', '/v2/app/tags/list', '/v2/app/manifests/latest', '/v2/app/blobs/uploads/', '/v2/..team'])(
    '%j cannot',
    (path) => {
      expect(canPrefixRepositories(parseUpstreamAddress(`https://r.example${path}`))).toBe(false);
    },
  );

  it.each(['HTTPS://r.example/v2/', 'https://bücher.example/v2/', 'https://[::zz]/v2/', 'r.example/v2/'])(
    '%j is refused with a message',
    (address) => {
      expect(() => parseUpstreamAddress(address)).toThrow(/^spec.address must /);
    },
  );

  it.each(['//v2', '//v2/', '/v2//', '/v2/?n=1', '/v2/#x', '/v2/../x', '/v2 ', '/%76%32/'])('%j is refused with a message', (path) => {
    expect(() => parseUpstreamAddress(`https://r.example${path}`)).toThrow(/^spec.address must not/);
  });
});
