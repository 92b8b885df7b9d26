import { isRepositoryName, upstreamRepository } from './repository-name';
import { parseUpstreamAddress } from './upstream-address';

describe('isRepositoryName', () => {
  it.each(['a', 'a/b_c/d__e/f--g.h', '0', 'a'.repeat(255)])('takes %j', (name) => {
    expect(isRepositoryName(name)).toBe(true);
  });

  it.each(['', 'A', 'é', '/a', 'a/', 'a//b', 'a.', '-a', 'a..b', 'a___b', 'a b', 'a:b', '../a', 'a\n', 'a'.repeat(256)])('refuses %j', (name) => {
    expect(isRepositoryName(name)).toBe(false);
  });

  it('takes no time that grows faster than the name', () => {
    expect(isRepositoryName(`${'a-'.repeat(127)}!`)).toBe(false);
  });
});

describe('upstreamRepository', () => {
  it.each([
    ['https://r.example', 'app', 'app'],
    ['https://r.example/team/', 'app', 'team/app'],
    ['https://r.example/v2', 'app', 'app'],
    ['https://r.example/v2/', 'a/app', 'a/app'],
    ['https://r.example/team/v2', 'app', 'team/v2/app'],
    ['https://docker.io', 'app', 'library/app'],
    ['https://docker.io/v2/', 'app', 'library/app'],
    ['https://docker.io', 'a/app', 'a/app'],
    ['https://docker.io/a', 'app', 'a/app'],
  ])('of %s, %s is %s', (address, repository, expected) => {
    expect(upstreamRepository(parseUpstreamAddress(address), repository)).toBe(expected);
  });
});
