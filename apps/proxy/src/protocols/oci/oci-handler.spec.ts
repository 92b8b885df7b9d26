import { parseUpstreamAddress } from '@oci-connector/connector-api';
import { type RepositoryScope } from '@oci-connector/oci-auth';
import { type AddressForm, clientPaths } from '../../../test/client-paths';
import { deriveSealingKey } from '../../sealing/key-ring';
import { LocationSeal } from '../../sealing/location-seal';
import { type ConnectorRequest, type UpstreamPlan } from '../protocol';
import { type ResponseHeaders } from '../../upstream/response-headers';
import { OciHandler } from './oci-handler';

const SHA = `sha256:${'0123456789abcdef'.repeat(4)}`;
const ESCAPED = SHA.replace(':', '%3A');
const PREFIX = '/v2/namespaces/team/connectors/hub';

const key = deriveSealingKey(Buffer.alloc(32, 1));
const handler = new OciHandler(
  new LocationSeal(
    { current: () => key, find: (id) => Promise.resolve(id === key?.id ? key : undefined) },
    { now: () => 1_700_000_000_000 },
  ),
);

interface Given {
  method?: string;
  path?: string;
  query?: string;
  address?: string;
  form?: AddressForm;
  hasBody?: boolean;
  mayPull?: boolean;
  uid?: string;
}

function request(given: Given): ConnectorRequest {
  return {
    method: given.method ?? 'GET',
    path: given.path ?? '/v2/app/manifests/latest',
    query: given.query ?? '',
    paths: clientPaths(given.form ?? 'path', { namespace: 'team', name: 'hub' }),
    connector: { namespace: 'team', name: 'hub', uid: given.uid ?? 'connector-uid' },
    address: parseUpstreamAddress(given.address ?? 'https://r.example'),
    client: { namespace: 'ci', name: 'builder', uid: 'account-uid' },
    headers: {},
    hasBody: given.hasBody ?? false,
    allows: (verb) => Promise.resolve(verb === 'get' && (given.mayPull ?? true)),
  };
}

async function plan(given: Given): Promise<UpstreamPlan> {
  return handler.plan(request(given));
}

function scopesOf(planned: UpstreamPlan | undefined): readonly RepositoryScope[] {
  if (planned?.login.kind !== 'challenge') {
    throw new Error('no login by challenge');
  }
  return planned.login.scopes;
}

/** Where a request goes, with its credential or not. */
async function target(given: Given): Promise<string> {
  const { origin, path, sendCredential } = (await plan(given)).target;
  return `${origin}${path}${sendCredential ? '' : ' without credential'}`;
}

const POST = { method: 'POST', path: '/v2/app/blobs/uploads/' };
const PATCH = { method: 'PATCH', path: '/v2/app/blobs/uploads/u-1', hasBody: true };
const PUT = { method: 'PUT', path: '/v2/app/blobs/uploads/u-1', query: `digest=${SHA}`, hasBody: true };
const TAGS = { path: '/v2/app/tags/list' };

describe('the request upstream', () => {
  it.each<[string, Given, string]>([
    ['a manifest', {}, 'https://r.example/v2/app/manifests/latest'],
    ['an escaped digest, in plain', { path: `/v2/app/blobs/${ESCAPED}` }, `https://r.example/v2/app/blobs/${SHA}`],
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
    ['`ns` of mirrors, taken off', { query: 'ns=docker.io' }, 'https://r.example/v2/app/manifests/latest'],
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
    ['a whole blob at once', { ...POST, query: `digest=${SHA}` }, `https://r.example/v2/app/blobs/uploads/?digest=${SHA}`],
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
  ])('%s asks for the scope', async (_, given, actions) => {
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

describe('a cross-repository mount', () => {
  const mounted = `https://r.example/v2/app/blobs/uploads/?mount=${ESCAPED}&from=other%2Fbase`;
  const plain = 'https://r.example/v2/app/blobs/uploads/';
  const from = 'from=namespaces%2Fteam%2Fconnectors%2Fhub%2Fother%2Fbase';

  it.each<[string, Given, string]>([
    ['as clients write it', { query: `${from}&mount=${ESCAPED}` }, mounted],
    ['not escaped', { query: `mount=${SHA}&from=namespaces/team/connectors/hub/other/base` }, mounted],
    ['with a hint of its origin', { query: `mount=${ESCAPED}&${from}&origin=REGISTRY` }, mounted],
    ['with other parameters', { query: `x=1&mount=${ESCAPED}&${from}&ns=y` }, `${mounted}&x=1`],
    ['in host form', { form: 'host', query: `mount=${ESCAPED}&from=other%2Fbase` }, mounted],
    ['in host form, named by its path', { form: 'host', query: `mount=${ESCAPED}&${from}` }, mounted],
    ['in plain form', { form: 'plain', query: `mount=${ESCAPED}&from=other%2Fbase` }, mounted],
  ])('goes on %s', async (_, given, expected) => {
    expect(await target({ ...POST, ...given })).toBe(expected);
  });

  it.each<[string, Given]>([
    ['without from', { query: `mount=${ESCAPED}` }],
    ['with a source behind a semicolon, which goes', { query: `mount=${ESCAPED}&x=1;from=secret/base` }],
  ])('goes on %s, with the scope of its own repository', async (_, given) => {
    const mount = await plan({ ...POST, ...given });
    expect(mount.target.path).toBe(`/v2/app/blobs/uploads/?mount=${ESCAPED}`);
    expect(scopesOf(mount)).toHaveLength(1);
    expect(mount.withoutMount?.target.path).toBe('/v2/app/blobs/uploads/');
  });

  it('asks for both scopes, the one to push to first, and can do without the second', async () => {
    const mount = await plan({ ...POST, address: 'https://docker.io', query: `mount=${ESCAPED}&from=namespaces/team/connectors/hub/base` });
    expect(mount.target.path).toBe(`/v2/library/app/blobs/uploads/?mount=${ESCAPED}&from=library%2Fbase`);
    expect(scopesOf(mount)).toEqual([
      { repository: 'library/app', actions: ['pull', 'push'] },
      { repository: 'library/base', actions: ['pull'] },
    ]);
    expect(mount.withoutMount?.target.path).toBe('/v2/library/app/blobs/uploads/');
    expect(scopesOf(mount.withoutMount)).toEqual([{ repository: 'library/app', actions: ['pull', 'push'] }]);
    expect(mount.withoutMount?.withoutMount).toBeUndefined();
  });

  it.each<[string, Given]>([
    ['of another connector', { query: `mount=${ESCAPED}&from=namespaces/team/connectors/other/base` }],
    ['of another namespace', { query: `mount=${ESCAPED}&from=namespaces/other/connectors/hub/base` }],
    ['of a connector whose name begins alike', { query: `mount=${ESCAPED}&from=namespaces/team/connectors/hub2/base` }],
    ['of another connector, in host form', { form: 'host', query: `mount=${ESCAPED}&from=namespaces/team/connectors/other/base` }],
    ['of the host’s connector, in path form', { query: `mount=${ESCAPED}&from=other/base` }],
    ['without mount', { query: from }],
    ['with two sources', { query: `mount=${ESCAPED}&${from}&from=secret/base` }],
    ['with a source hidden in an escaped name', { query: `mount=${ESCAPED}&${from}&%66rom=secret/base` }],
    ['with a source in capitals', { query: `mount=${ESCAPED}&${from}&FROM=secret/base` }],
    ['with two digests', { query: `mount=${ESCAPED}&mount=${ESCAPED}&${from}` }],
    ['of what is no digest', { query: `mount=latest&${from}` }],
    ['of a path that climbs', { query: `mount=${ESCAPED}&from=namespaces/team/connectors/hub/../other/base` }],
    ['without permission to pull', { query: `mount=${ESCAPED}&${from}`, mayPull: false }],
    ['without from, and without permission to pull', { query: `mount=${ESCAPED}`, mayPull: false }],
    ['with a body of its own', { query: `mount=${ESCAPED}&${from}`, hasBody: true }],
    ['with an escaped name and another', { query: `%6dount=${ESCAPED}&mount=${ESCAPED}&${from}` }],
    ['with a name in capitals and another', { query: `MOUNT=${ESCAPED}&mount=${ESCAPED}&${from}` }],
    [
      'with names that some servers trim or read as lists',
      { query: `+mount=${ESCAPED}&mount[]=${ESCAPED}&from%5B0%5D=secret/base&%20from=secret/base&mount.x=1&_method=DELETE` },
    ],
    ['with a digest behind a semicolon', { query: `x=1;mount=${ESCAPED};from=secret/base` }],
    ['with an empty from', { query: `mount=${ESCAPED}&from=` }],
  ])('C4 cross-tenant mount: %s becomes a plain upload', async (_, given) => {
    const planned = await plan({ ...POST, ...given });
    expect(planned.target.origin + planned.target.path).toBe(plain);
    expect(scopesOf(planned)).toHaveLength(1);
    expect(planned.withoutMount).toBeUndefined();
  });
});

describe('the answer', () => {
  async function answered(given: Given, status: number, headers: ResponseHeaders): Promise<ResponseHeaders> {
    const planned = await plan(given);
    return planned.rewriteResponse(status, headers, planned.target).headers;
  }

  it.each<[string, Given, number, ResponseHeaders, string]>([
    ['of a new upload', POST, 202, { location: '/v2/app/blobs/uploads/u-1?_state=a%2Bb' }, `${PREFIX}/app/blobs/uploads/u-1?_state=a%2Bb`],
    [
      'of a mount that succeeded',
      { ...POST, query: `mount=${ESCAPED}&from=namespaces/team/connectors/hub/b` },
      201,
      { location: 'https://cdn.example/x' },
      `${PREFIX}/app/blobs/${SHA}`,
    ],
    ['of a blob stored at once', { ...POST, query: `digest=${ESCAPED}` }, 201, { location: '/anything' }, `${PREFIX}/app/blobs/${SHA}`],
    ['of an upload that ended', PUT, 201, { location: 'http://10.0.0.1/v2/app/blobs/x' }, `${PREFIX}/app/blobs/${SHA}`],
    ['of an upload that ended without a word', PUT, 201, {}, `${PREFIX}/app/blobs/${SHA}`],
    ['of a chunk answered 201', PATCH, 201, { location: '/v2/app/blobs/uploads/u-2' }, `${PREFIX}/app/blobs/uploads/u-2`],
    ['of a chunk out of order', PATCH, 416, { location: '/v2/app/blobs/uploads/u-1', range: '0-9' }, `${PREFIX}/app/blobs/uploads/u-1`],
    [
      'of an upload’s status',
      { ...PATCH, method: 'GET' },
      204,
      { location: '/v2/app/blobs/uploads/u-1' },
      `${PREFIX}/app/blobs/uploads/u-1`,
    ],
    [
      'of a manifest, by its digest',
      { method: 'PUT' },
      201,
      { location: 'https://x/y', 'docker-content-digest': SHA },
      `${PREFIX}/app/manifests/${SHA}`,
    ],
    ['of a manifest, by its tag', { method: 'PUT' }, 201, { location: 'https://x/y' }, `${PREFIX}/app/manifests/latest`],
  ])('carries the Location %s in our terms', async (_, given, status, headers, expected) => {
    expect((await answered(given, status, headers))['location']).toBe(expected);
  });

  it.each<[string, Given, number, ResponseHeaders]>([
    ['an error', POST, 500, { location: 'https://evil.example/' }],
    [
      'a pulled blob',
      { path: `/v2/app/blobs/${SHA}` },
      200,
      { location: 'https://evil.example/', 'content-location': 'https://cdn.example/?sig=s', link: '<https://evil.example>; rel="x"' },
    ],
    ['a deleted manifest', { method: 'DELETE' }, 202, { location: 'https://evil.example/' }],
  ])('carries no place at the registry with %s', async (_, given, status, headers) => {
    const { location, link, 'content-location': contentLocation } = await answered(given, status, headers);
    expect({ location, link, contentLocation }).toEqual({ location: undefined, link: undefined, contentLocation: undefined });
  });

  it('keeps what clients need of it', async () => {
    const headers = {
      range: '0-1023',
      'docker-upload-uuid': 'u-1',
      'oci-chunk-min-length': '1024',
      'oci-subject': SHA,
      'oci-filters-applied': 'artifactType',
      warning: '299 - "quota"',
      'docker-content-digest': SHA,
      'content-length': '3',
      etag: '"x"',
    };
    expect(await answered(PATCH, 202, headers)).toMatchObject(headers);
    expect(await answered({ path: `/v2/app/referrers/${SHA}` }, 404, headers)).toMatchObject(headers);
    // A Range that the registry does not send is not made up.
    expect((await answered(PATCH, 202, {}))['range']).toBeUndefined();
  });

  it.each<[string, Given, number]>([
    ['a redirected PUT', PUT, 307],
    ['a redirected POST', POST, 301],
    ['a redirected manifest', { method: 'PUT' }, 308],
    ['a redirected DELETE', { method: 'DELETE' }, 302],
  ])('is refused for %s', async (_, given, status) => {
    const planned = await plan(given);
    expect(() => planned.rewriteResponse(status, { location: 'https://r.example/v2/app/blobs/uploads/x?sig=s' }, planned.target)).toThrow(
      expect.objectContaining({ code: 'RedirectRefused', status: 502, message: expect.not.stringContaining('sig=s') as string }) as Error,
    );
  });

  it('passes 304', async () => {
    expect((await answered({}, 304, { etag: '"x"' }))['etag']).toBe('"x"');
  });

  it.each<[AddressForm, string, string]>([
    ['path', `${PREFIX}/app`, 'namespaces/team/connectors/hub/app'],
    ['host', '/v2/app', 'app'],
    ['plain', '/namespaces/team/connectors/hub/v2/app', 'app'],
  ])('speaks the client’s language in %s form', async (form, path, name) => {
    const address = 'https://docker.io';
    const upload = await answered({ ...POST, form, address }, 202, { location: '/v2/library/app/blobs/uploads/u' });
    expect(upload['location']).toBe(`${path}/blobs/uploads/u`);
    const listing = await plan({ ...TAGS, form, address, query: 'n=1' });
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'content-length': '40',
      link: '</v2/library/app/tags/list?last=a%2Fb&n=1>; rel="next"',
    };
    const tags = listing.rewriteResponse(200, headers, listing.target);
    expect(tags.headers).toMatchObject({ link: `<${path}/tags/list?last=a%2Fb&n=1>; rel="next"`, 'content-length': undefined });
    const pieces: Buffer[] = [];
    tags
      .body?.({ chunk: (piece) => pieces.push(piece) > 0, end: jest.fn(), fail: jest.fn() })
      .chunk(Buffer.from('{"name":"library/app","tags":["a","ü"]}'));
    expect(Buffer.concat(pieces).toString()).toBe(`{"name":"${name}","tags":["a","ü"]}`);
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
    // What leads to another origin is shown to the egress policy before the client hears of it.
    expect(checked).toEqual(purpose === 'connector' ? undefined : expect.objectContaining({ purpose, sendCredential: false }));
  });

  it.each([
    ['reordered and escaped', `a=b&digest=${ESCAPED}`],
    ['with ns', `ns=r.example&digest=${SHA}`],
    ['with a mount and a state of its own', `digest=${SHA}&mount=${SHA}&from=other&_state=evil`],
  ])('takes the digest and nothing else from the client, %s', async (_, query) => {
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
