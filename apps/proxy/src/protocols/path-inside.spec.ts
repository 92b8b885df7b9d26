import { parseUpstreamAddress } from '@oci-connector/connector-api';
import { LocationSeal } from '../sealing/location-seal';
import { ProxyError } from '../proxy.errors';
import { HttpHandler } from './http/http-handler';
import { OciHandler } from './oci/oci-handler';
import { pathInside } from './path-inside';

const at = (prefix: string): ReturnType<typeof parseUpstreamAddress> => parseUpstreamAddress(`https://registry.example${prefix}`);

describe('pathInside', () => {
  it.each([
    ['', '/', '/'],
    ['', '/a/b', '/a/b'],
    ['/team', '/team', '/'],
    ['/team', '/team/', '/'],
    ['/team', '/team/a', '/a'],
    ['/team', '/teams', undefined],
    ['/team', '/teams/a', undefined],
    ['/team', '/tea', undefined],
    ['/team', '/', undefined],
    ['/team', '/x/team/a', undefined],
    ['/team', '//team/a', undefined],
    ['/team', '/Team/a', undefined],
    ['/team', '/team%2Fa', undefined],
    ['/team/a', '/team/a/b', '/b'],
    ['/team/a', '/team/ab', undefined],
  ])('of an address with the path %j: %j is %j', (prefix, path, expected) => {
    const found = pathInside(path, at(prefix));
    expect(found?.path).toBe(expected);
    expect(found === undefined || found.paths.root === prefix).toBe(true);
  });

  it('maps paths of answers back to the paths of the service', () => {
    expect(pathInside('/team/a', at('/team'))?.paths).toEqual({ root: '/team', registryRoot: '/team/v2/', repositoryPrefix: '' });
  });
});

describe('HttpHandler.inside', () => {
  const handler = new HttpHandler();

  it('is that of paths, for paths that every parser reads alike (C5)', () => {
    expect(handler.inside('/team/a', at('/team'))?.path).toBe('/a');
    expect(handler.inside('/v2/', at(''))?.path).toBe('/v2/');
    expect(handler.inside('/teams/a', at('/team'))).toBeUndefined();
  });

  it.each(['/team/../a', '/team/%2e%2e/a', '/team/a%2F..%2Fb', '/team\\a', '/team/./a'])('refuses %s (C5)', (path) => {
    expect(() => handler.inside(path, at('/team'))).toThrow(ProxyError);
  });
});

describe('OciHandler.inside', () => {
  const seal = new LocationSeal({ current: () => undefined, find: () => Promise.resolve(undefined) }, { now: () => 0 });
  const handler = new OciHandler(seal);

  it.each([
    ['', '/v2/team/app/manifests/v1', '/v2/team/app/manifests/v1'],
    ['/team', '/v2/team/app/manifests/v1', '/v2/app/manifests/v1'],
    ['/team', '/v2/team/a/b/tags/list', '/v2/a/b/tags/list'],
    ['/team', '/v2/team/app/blobs/uploads/', '/v2/app/blobs/uploads/'],
    // The repository has the name of the prefix: no repository is left.
    ['/team', '/v2/team/tags/list', undefined],
    ['/team', '/v2/teams/app/tags/list', undefined],
    ['/team', '/v2/team-a/app/tags/list', undefined],
    ['/team', '/v2/other/team/app/tags/list', undefined],
    ['/team/a', '/v2/team/app/tags/list', undefined],
    ['/team/a', '/v2/team/a/app/tags/list', '/v2/app/tags/list'],
  ])('of an address with the path %j: %s is %j', (prefix, path, expected) => {
    const found = handler.inside(path, at(prefix));
    expect(found?.path).toBe(expected);
    expect(found?.paths).toEqual(
      expected && { root: '', registryRoot: '/v2/', repositoryPrefix: prefix === '' ? '' : `${prefix.slice(1)}/` },
    );
  });

  it('keeps the names of Docker Hub: library/ is the client’s to add', () => {
    expect(handler.inside('/v2/alpine/manifests/latest', { ...at(''), isDockerHub: false })?.path).toBe('/v2/alpine/manifests/latest');
  });

  it.each([
    ['/v2/team/../app/tags/list', 'PathInvalid'],
    ['/v2/team//app/tags/list', 'PathInvalid'],
    ['/v2/%2e%2e/app/tags/list', 'PathInvalid'],
    ['/v2/_catalog', 'RouteUnknown'],
    ['/admin', 'RouteUnknown'],
  ])('refuses %s with %s (C5)', (path, code) => {
    expect(() => handler.inside(path, at('/team'))).toThrow(expect.objectContaining({ code }) as Error);
  });
});
