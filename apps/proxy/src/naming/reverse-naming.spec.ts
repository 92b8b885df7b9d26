import { type IncomingHttpHeaders } from 'node:http';
import { type ClientPaths } from './naming';
import { ReverseNaming } from './reverse-naming';

const naming = new ReverseNaming('corp.example');
const named = (url: string, headers: IncomingHttpHeaders = { host: 'proxy.example' }): ReturnType<typeof naming.name> =>
  naming.name({ url, headers });

const IN_NAMES: ClientPaths = { root: '/namespaces/a/connectors/b', registryRoot: '/v2/', repositoryPrefix: 'namespaces/a/connectors/b/' };
const BEFORE_PATHS: ClientPaths = {
  root: '/namespaces/a/connectors/b',
  registryRoot: '/namespaces/a/connectors/b/v2/',
  repositoryPrefix: '',
};
const BY_HOST: ClientPaths = { root: '', registryRoot: '/v2/', repositoryPrefix: '' };

describe('ReverseNaming', () => {
  it.each<[string, string, string, string, ClientPaths]>([
    ['/v2/namespaces/a/connectors/b/r/manifests/t?n=1', 'x', '/v2/r/manifests/t', 'n=1', IN_NAMES],
    ['/v2/namespaces/a/connectors/b', 'x', '/v2/', '', IN_NAMES],
    ['/v2/namespaces/a/connectors/b//%2e?', 'x', '/v2//%2e', '', IN_NAMES],
    ['/namespaces/a/connectors/b/v2/r?a?b', 'x', '/v2/r', 'a?b', BEFORE_PATHS],
    ['/namespaces/a/connectors/b', 'x', '/', '', BEFORE_PATHS],
    // The path takes precedence over the host.
    ['/namespaces/a/connectors/b/y', 'c-other.a', '/y', '', BEFORE_PATHS],
    ['/v2/r/manifests/t', 'c-b.a', '/v2/r/manifests/t', '', BY_HOST],
    ['/', 'C-B.a.svc.corp.example:8443', '/', '', BY_HOST],
    ['/v2/namespaces/a/repository', 'c-b.a.svc', '/v2/namespaces/a/repository', '', BY_HOST],
  ])('%s on host %s names a connector, with path %s', (url, host, path, query, paths) => {
    expect(named(url, { host }).connector).toEqual({ namespace: 'a', name: 'b', path, query, paths });
    expect(named(url, { host }).path).toBe(path);
  });

  it.each(['IN_NAMES', 'BEFORE_PATHS', 'BY_HOST'])('prefixes for response paths name the same connector: %s', (form) => {
    const paths = { IN_NAMES, BEFORE_PATHS, BY_HOST }[form] ?? BY_HOST;
    const headers = { host: 'c-b.a' };
    expect(named(`${paths.root}/x`, headers).connector).toMatchObject({ namespace: 'a', name: 'b', path: '/x' });
    expect(named(`${paths.registryRoot}${paths.repositoryPrefix}r`, headers).connector).toMatchObject({ name: 'b', path: '/v2/r' });
  });

  it.each([
    ['/v2/_catalog', 'RouteUnknown'],
    ['/v2/r/manifests/t', 'ConnectorNotNamed'],
    ['/v2/namespaces/a/repositories/b', 'ConnectorNotNamed'],
    ['//namespaces/a/connectors/b', 'ConnectorNotNamed'],
  ])('%s names no connector: %s', (url, code) => {
    const found = named(url);
    expect(found.connector).toBeUndefined();
    expect(naming.notNamed(found)).toMatchObject({ code });
  });

  it('shows no unprintable character of the host in the message', () => {
    expect(naming.notNamed(named('/x', { host: 'a\u202eb' })).message).not.toContain('\u202e');
  });

  it.each(['*', 'http://c-b.a/v2/', '/namespaces/A/connectors/b', '/v2/namespaces/a/connectors/', '/namespaces//connectors/b'])(
    'rejects %s with PathInvalid',
    (url) => {
      expect(() => named(url, { host: 'c-b.a' })).toThrow(expect.objectContaining({ code: 'PathInvalid' }) as Error);
    },
  );
});
