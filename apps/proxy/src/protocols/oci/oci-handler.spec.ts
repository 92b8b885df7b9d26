import { ESCAPED, type Given, PATCH, plan, POST, PREFIX, PUT, scopesOf, SHA, TAGS, target } from '../../../test/oci-plans';
import { type UpstreamPlan } from '../protocol';

describe('the request upstream', () => {
  it.each<[string, Given, string]>([
    ['a manifest', {}, 'https://r.example/v2/app/manifests/latest'],
    ['an escaped digest, which is unescaped', { path: `/v2/app/blobs/${ESCAPED}` }, `https://r.example/v2/app/blobs/${SHA}`],
    ['a path prefix', { address: 'https://r.example:8443/proj/sub/' }, 'https://r.example:8443/v2/proj/sub/app/manifests/latest'],
    ['an IPv6 address', { address: 'http://[::1]:5000' }, 'http://[::1]:5000/v2/app/manifests/latest'],
    ['an official image of Docker Hub', { address: 'https://docker.io' }, 'https://registry-1.docker.io/v2/library/app/manifests/latest'],
    [
      'a name with two components at Docker Hub',
      { address: 'https://index.docker.io', path: '/v2/my/app/tags/list' },
      'https://registry-1.docker.io/v2/my/app/tags/list',
    ],
    ['the path of the API', { address: 'https://r.example/v2/' }, 'https://r.example/v2/app/manifests/latest'],
    ['a prefix at Docker Hub', { address: 'https://docker.io/my' }, 'https://registry-1.docker.io/v2/my/app/manifests/latest'],
    ['`ns` of mirrors, which is removed', { query: 'ns=docker.io' }, 'https://r.example/v2/app/manifests/latest'],
    [
      '`ns` among others, whose bytes stay',
      { ...TAGS, query: 'n=2&NS=x&last=a%2fb+c&n%73=y&&x=;' },
      'https://r.example/v2/app/tags/list?n=2&last=a%2fb+c&&x=;',
    ],
    [
      'the query of an upload, byte for byte',
      { ...PATCH, query: '_state=a%2Bb%3d&z=1&a=2' },
      'https://r.example/v2/app/blobs/uploads/u-1?_state=a%2Bb%3d&z=1&a=2',
    ],
    ['uploads without the trailing slash', { ...POST, path: '/v2/app/blobs/uploads' }, 'https://r.example/v2/app/blobs/uploads/'],
    ['a blob in one request', { ...POST, query: `digest=${SHA}` }, `https://r.example/v2/app/blobs/uploads/?digest=${SHA}`],
  ])('for %s', async (_, given, expected) => {
    expect(await target(given)).toBe(expected);
  });

  it.each<[string, Given, string[]]>([
    ['GET manifest', {}, ['pull']],
    ['PUT manifest', { method: 'PUT', hasBody: true }, ['pull', 'push']],
    ['DELETE manifest', { method: 'DELETE' }, ['delete']],
    ['DELETE blob', { method: 'DELETE', path: `/v2/app/blobs/${SHA}` }, ['delete']],
    ['POST upload', POST, ['pull', 'push']],
    ['PATCH upload', PATCH, ['pull', 'push']],
    ['GET upload', { ...PATCH, method: 'GET' }, ['pull', 'push']],
    ['DELETE upload', { ...PATCH, method: 'DELETE' }, ['pull', 'push', 'delete']],
  ])('%s requests the scope', async (_, given, actions) => {
    expect(scopesOf(await plan({ ...given, address: 'https://docker.io' }))).toEqual([{ repository: 'library/app', actions }]);
  });

  it.each<[string, Given, Partial<UpstreamPlan> & { tokenLifetime?: number }]>([
    [
      'GET blob',
      { path: `/v2/app/blobs/${SHA}` },
      { action: 'pull', route: '/v2/{name}/blobs/{digest}', followRedirects: true, replayable: true, tokenLifetime: 0 },
    ],
    [
      'POST upload',
      POST,
      { action: 'push', route: '/v2/{name}/blobs/uploads/', followRedirects: false, replayable: true, tokenLifetime: 0 },
    ],
    ['POST whole blob', { ...POST, hasBody: true }, { action: 'push', replayable: false, tokenLifetime: 30_000 }],
    [
      'PATCH upload',
      PATCH,
      { action: 'push', route: '/v2/{name}/blobs/uploads/{reference}', followRedirects: false, replayable: false, tokenLifetime: 30_000 },
    ],
    ['GET upload', { ...PATCH, method: 'GET', hasBody: false }, { action: 'push', followRedirects: false }],
    ['DELETE upload', { ...PATCH, method: 'DELETE', hasBody: false }, { action: 'push' }],
    ['DELETE manifest', { method: 'DELETE' }, { action: 'delete', followRedirects: false }],
    [
      'GET tags',
      TAGS,
      { route: '/v2/{name}/tags/list', requestHeaders: { 'accept-encoding': 'identity', range: undefined, 'if-range': undefined } },
    ],
    [
      'GET referrers',
      { path: `/v2/app/referrers/${SHA}` },
      { route: '/v2/{name}/referrers/{digest}', followRedirects: true, requestHeaders: {} },
    ],
  ])('%s is planned', async (_, given, { tokenLifetime, ...expected }) => {
    const login = tokenLifetime === undefined ? {} : { login: { minimumTokenLifetimeMs: tokenLifetime } };
    expect(await plan(given)).toMatchObject({ repository: 'app', ...expected, ...login });
  });

  it.each<[string, Given, string]>([
    ['an unknown route', { path: '/v2/app' }, 'RouteUnknown'],
    ['the catalog', { path: '/v2/_catalog' }, 'RouteUnknown'],
    ['a method that a route does not have', { method: 'POST' }, 'MethodNotAllowed'],
    ['OPTIONS', { method: 'OPTIONS' }, 'MethodNotAllowed'],
    ['a path outside the grammar', { path: '/v2/app/../x/manifests/latest' }, 'PathInvalid'],
    ['a query with #', { query: 'a#b' }, 'PathInvalid'],
    ['a query with a blank', { query: 'a b' }, 'PathInvalid'],
    ['a query of more than 32 KiB', { query: 'a'.repeat(32 * 1024 + 1) }, 'QueryTooLong'],
    ['a query of more than 256 parameters', { query: '%&'.repeat(256) }, 'QueryTooLong'],
    [
      'a name that the prefix makes too long',
      { path: `/v2/${'a'.repeat(250)}/tags/list`, address: 'https://r.example/prefix' },
      'PathInvalid',
    ],
    ['a prefix that is no repository name', { address: 'https://r.example/Proj' }, 'ConnectorInvalid'],
  ])('refuses %s', async (_, given, code) => {
    await expect(plan(given)).rejects.toMatchObject({ code });
  });
});

describe('a sealed location', () => {
  async function sealedBy(given: Given, location: string): Promise<{ session: string; target: unknown }> {
    const planned = await plan(given);
    const rewritten = planned.rewriteResponse(202, { location }, planned.target);
    const mapped = String(rewritten.headers['location']);
    expect(mapped).toMatch(/^\/v2\/namespaces\/team\/connectors\/hub\/app\/blobs\/uploads\/sealed\.[\w.-]+$/);
    return { session: mapped.slice(PREFIX.length), target: rewritten.sealedTarget };
  }

  it.each<[string, string, string, string]>([
    [
      'another host, without the credential',
      'https://s3.example/b/k?X-Sig=a%2Bb+c&x',
      `https://s3.example/b/k?X-Sig=a%2Bb+c&x&digest=${ESCAPED} without credential`,
      'redirect',
    ],
    [
      'another port, without the credential',
      'https://r.example:8443/b',
      `https://r.example:8443/b?digest=${ESCAPED} without credential`,
      'redirect-own-host',
    ],
    [
      'its own origin outside of /v2, with the credential',
      '/artifacts-uploads/ns/x?id=1',
      `https://r.example/artifacts-uploads/ns/x?id=1&digest=${ESCAPED}`,
      'connector',
    ],
    [
      'a session with escapes, with the credential',
      '/v2/app/blobs/uploads/a%2Bb',
      `https://r.example/v2/app/blobs/uploads/a%2Bb?digest=${ESCAPED}`,
      'connector',
    ],
  ])('leads the next request to %s', async (_, location, expected, purpose) => {
    const { session, target: checked } = await sealedBy(POST, location);
    const next = { ...PUT, path: `/v2${session}`, query: `digest=${SHA}` };
    expect(await target(next)).toBe(expected);
    const planned = await plan(next);
    expect(planned.target.purpose).toBe(purpose);
    expect(scopesOf(planned)).toHaveLength(purpose === 'connector' ? 1 : 0);
    // The egress policy checks a place on another origin before the client gets its location.
    expect(checked).toEqual(purpose === 'connector' ? undefined : expect.objectContaining({ purpose, sendCredential: false }));
  });

  it.each([
    ['reordered and escaped', `a=b&digest=${ESCAPED}`],
    ['with ns', `ns=r.example&digest=${SHA}`],
    ['with a mount and a state of its own', `digest=${SHA}&mount=${SHA}&from=other&_state=evil`],
  ])('takes only the digest from the client, %s', async (_, query) => {
    const { session } = await sealedBy(POST, 'https://s3.example/b?X-Sig=1');
    expect(await target({ ...PUT, path: `/v2${session}`, query })).toBe(
      `https://s3.example/b?X-Sig=1&digest=${ESCAPED} without credential`,
    );
  });

  it('leads from one chunk to the next', async () => {
    const first = await sealedBy(POST, '/uploads/x?part=1');
    const second = await sealedBy({ ...PATCH, path: `/v2${first.session}` }, '?part=2');
    expect(await target({ ...PATCH, path: `/v2${second.session}` })).toBe('https://r.example/uploads/x?part=2');
  });

  it.each<[string, Given]>([
    ['of another connector', { uid: 'other' }],
    ['in another repository', { path: 'other' }],
  ])('C2 %s is not opened', async (_, given) => {
    const { session } = await sealedBy(POST, 'https://s3.example/b');
    const path = given.path === undefined ? `/v2${session}` : `/v2${session.replace('/app/', `/${given.path}/`)}`;
    await expect(plan({ ...PUT, ...given, path })).rejects.toMatchObject({ status: 404, ociCode: 'BLOB_UPLOAD_UNKNOWN' });
  });
});
