import { type ReceivedResponse, type SendOptions, sendRequest, TestCertificateAuthority } from '@oci-connector/testing-kit';
import { aBlob, anArtifact, anImage } from '../builders/image.builder';
import { pushImage } from '../client/push-image';
import { type FixtureRegistry, startFixtureRegistry } from './fixture-registry';
import { type FixtureRegistryOptions, type TokenAuth } from './fixture-registry-options';
import { harborQuirks, type RegistryQuirks } from './quirks';

const USER = { username: 'u', password: 'p', grants: { '*': ['pull'] } } as const;
const RIGHT = `Basic ${Buffer.from('u:p').toString('base64')}`;
const WRONG = `Basic ${Buffer.from('u:x').toString('base64')}`;
const TOKEN_AUTH: TokenAuth = { mode: 'token', accounts: [USER] };

let registry: FixtureRegistry;
let ca: string | undefined;

async function start(quirks: RegistryQuirks, options: FixtureRegistryOptions = {}): Promise<void> {
  registry = await startFixtureRegistry({ ...options, quirks });
}
afterEach(async () => {
  ca = undefined;
  await registry.close();
});

function send(path: string, options: SendOptions = {}): Promise<ReceivedResponse> {
  return sendRequest(`${registry.url}/v2/${path}`, { ca, ...options });
}

async function challenges(authorization?: string): Promise<string[]> {
  const { rawHeaders } = await send('a/tags/list', { headers: authorization === undefined ? {} : { authorization } });
  return rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'www-authenticate');
}

function requestToken(query: string, authorization: string): Promise<ReceivedResponse> {
  return sendRequest(`${registry.tokenOrigin}/service/token?${query}`, { headers: { authorization } });
}

async function begin(): Promise<string> {
  return (await send('a/blobs/uploads/', { method: 'POST' })).headers.location ?? '';
}

describe('quirks of challenges', () => {
  it('basicChallengeWhenAuthorizationSent: Basic for a request with Authorization, Bearer without', async () => {
    await start({ basicChallengeWhenAuthorizationSent: 'harbor' }, { auth: TOKEN_AUTH });
    expect(await challenges()).toEqual([expect.stringMatching(/^Bearer realm=/)]);
    for (const authorization of ['Bearer expired', RIGHT]) {
      expect(await challenges(authorization)).toEqual(['Basic realm="harbor"']);
    }
  });

  it('caseSensitiveScheme: only "Bearer" is accepted', async () => {
    await start({ caseSensitiveScheme: true }, { auth: TOKEN_AUTH });
    const { token } = JSON.parse((await requestToken('scope=repository:a:pull', RIGHT)).body.toString()) as { token: string };
    expect((await send('a/tags/list', { headers: { authorization: `Bearer ${token}` } })).status).toBe(404);
    expect((await send('a/tags/list', { headers: { authorization: `bearer ${token}` } })).status).toBe(401);
    registry.quirks.caseSensitiveScheme = false;
    expect((await send('a/tags/list', { headers: { authorization: `bearer ${token}` } })).status).toBe(404);
  });

  it('omitChallenge', async () => {
    await start({ omitChallenge: true }, { auth: TOKEN_AUTH });
    expect(await challenges()).toEqual([]);
  });

  it('insufficientScopeStatus: 403 for a valid token, 401 for any other', async () => {
    await start({ insufficientScopeStatus: 403 }, { auth: TOKEN_AUTH });
    const { token } = JSON.parse((await requestToken('scope=repository:b:pull', RIGHT)).body.toString()) as { token: string };
    const refused = await send('a/tags/list', { headers: { authorization: `Bearer ${token}` } });
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([403, expect.stringContaining('error="insufficient_scope"')]);
    expect((await send('a/tags/list', { headers: { authorization: 'Bearer x' } })).status).toBe(401);
  });
});

describe('quirks of the token endpoint', () => {
  it('wrongPasswordGetsEmptyToken: 200 and no rights with a scope, 401 without a challenge otherwise', async () => {
    await start({ wrongPasswordGetsEmptyToken: true }, { auth: TOKEN_AUTH });
    const answer = await requestToken('scope=repository:a:pull', WRONG);
    expect(answer.status).toBe(200);
    const { token } = JSON.parse(answer.body.toString()) as { token: string };
    expect((await send('a/tags/list', { headers: { authorization: `Bearer ${token}` } })).status).toBe(401);
    const bare = await requestToken('service=x', WRONG);
    expect([bare.status, bare.headers['www-authenticate']]).toEqual([401, undefined]);
  });

  it('tokenAnswer: garbage, a huge body, a redirect, or any status', async () => {
    await start({ tokenAnswer: { kind: 'garbage' } }, { auth: TOKEN_AUTH });
    expect((await requestToken('', RIGHT)).body.toString()).toBe('<html>not a token</html>');
    registry.quirks.tokenAnswer = { kind: 'huge', bytes: 5_000_000 };
    const huge = await requestToken('', RIGHT);
    expect([huge.body.length > 5_000_000, huge.headers['content-length']]).toEqual([true, undefined]);
    registry.quirks.tokenAnswer = { kind: 'redirect', location: 'http://elsewhere.test/' };
    expect((await requestToken('', RIGHT)).headers.location).toBe('http://elsewhere.test/');
    registry.quirks.tokenAnswer = { kind: 'status', status: 429, headers: { 'retry-after': '7' }, body: 'later' };
    const limited = await requestToken('', RIGHT);
    expect([limited.status, limited.headers['retry-after'], limited.body.toString()]).toEqual([429, '7', 'later']);
  });
});

describe('quirks of uploads', () => {
  it.each([
    ['relative', (): string => ''],
    ['absolute', (): string => registry.origin],
    ['absolute-http', (): string => registry.origin.replace('https:', 'http:')],
    ['outside-v2', (): string => '/artifacts-uploads/'],
    ['other-host', (): string => `${registry.cdnOrigin}/artifacts-uploads/`],
    [(relative: string) => `https://elsewhere.test${relative}`, (): string => 'https://elsewhere.test/v2/'],
  ] as const)('uploadLocation: %s', async (uploadLocation, expected) => {
    const authority = await TestCertificateAuthority.create();
    ca = authority.caPem;
    await start({ uploadLocation }, { tls: await authority.issue({ ips: ['127.0.0.1'] }) });
    const location = await begin();
    expect(location.startsWith(expected() || '/v2/')).toBe(true);
    if (location.startsWith('http:') && uploadLocation === 'absolute-http') {
      return;
    }
    if (typeof uploadLocation === 'function') {
      return;
    }
    const { digest } = aBlob('x');
    const url = location.startsWith('/') ? registry.origin + location : location;
    expect((await sendRequest(`${url}&digest=${digest}`, { method: 'PUT', body: 'x', ca })).status).toBe(201);
  });

  it('uploadLocation other-host: that server refuses any Authorization, and records it', async () => {
    await start({ uploadLocation: 'other-host' });
    const refused = await sendRequest(await begin(), { method: 'PATCH', body: 'x', headers: { authorization: 'Bearer leaked' } });
    expect(refused.status).toBe(400);
    expect(registry.requests.filter(({ server }) => server === 'cdn')).toMatchObject([{ headers: { authorization: 'Bearer leaked' } }]);
  });

  it('uploadQuery: the client must send every parameter back', async () => {
    await start({ uploadQuery: 'z=a%2Fb%3D&a=1%202' });
    const location = await begin();
    expect(location).toContain('&z=a%2Fb%3D&a=1%202');
    expect((await sendRequest(registry.origin + location)).status).toBe(204);
    expect((await sendRequest(registry.origin + location.replace('a%2Fb', 'a%252Fb'))).status).toBe(400);
    expect((await sendRequest(registry.origin + location.replace('&a=1%202', ''))).status).toBe(400);
  });

  it('patchStatus', async () => {
    await start({ patchStatus: 201 });
    const url = registry.origin + (await begin());
    expect((await sendRequest(url, { method: 'PATCH', body: 'x' })).status).toBe(201);
  });

  it('sessionCookie: set by every response; a write with the cookie is refused', async () => {
    await start({ sessionCookie: true });
    const { headers } = await send('');
    expect(headers['set-cookie']).toEqual([expect.stringMatching(/^sid=/)]);
    const cookie = 'other=1; sid=fixture-session';
    expect((await send('', { headers: { cookie } })).status).toBe(200);
    expect((await send('a/blobs/uploads/', { method: 'POST', headers: { cookie } })).status).toBe(403);
    expect((await send('a/blobs/uploads/', { method: 'POST' })).status).toBe(202);
  });
});

describe('quirks of content', () => {
  it.each([
    ['absolute', (): string => registry.origin],
    ['absolute-http', (): string => registry.origin.replace('https:', 'http:')],
  ] as const)('contentLocation: %s, also for Link', async (contentLocation, expected) => {
    const authority = await TestCertificateAuthority.create();
    ca = authority.caPem;
    await start({ contentLocation, extraTags: 3 }, { tls: await authority.issue({ ips: ['127.0.0.1'] }) });
    const { digest } = aBlob('x');
    const pushed = await send(`a/blobs/uploads/?digest=${digest}`, { method: 'POST', body: 'x' });
    expect(pushed.headers.location).toBe(`${expected()}/v2/a/blobs/${digest}`);
    expect((await send('a/tags/list?n=1')).headers.link).toContain(`<${expected()}/v2/a/tags/list?n=1&last=`);
  });

  it('extraTags and pageSize: a long list, complete or in pages', async () => {
    await start({ extraTags: 100_000 });
    await pushImage({ url: registry.url, repository: 'a', reference: 'v1' }, anImage());
    const all = await send('a/tags/list');
    expect((JSON.parse(all.body.toString()) as { tags: string[] }).tags).toHaveLength(100_001);
    registry.quirks.pageSize = 2;
    const page = await send('a/tags/list?n=50');
    expect((JSON.parse(page.body.toString()) as { tags: string[] }).tags).toEqual(['t-0000000', 't-0000001']);
    expect(page.headers.link).toContain('n=2&last=t-0000001');
  });

  it('pageSize: referrers in pages', async () => {
    await start({ pageSize: 1 });
    const subject = anImage();
    for (const image of [subject, anArtifact('a/x', { subject }), anArtifact('a/x', { subject })]) {
      await pushImage({ url: registry.url, repository: 'a', reference: image.digest }, image);
    }
    const first = await send(`a/referrers/${subject.digest}?artifactType=a/x`);
    const next = /<\/v2\/([^>]+)>/.exec(String(first.headers.link))?.[1] ?? '';
    const second = await send(next);
    expect(second.headers.link).toBeUndefined();
    const digests = [first, second].map(({ body }) => (JSON.parse(body.toString()) as { manifests: { digest: string }[] }).manifests);
    expect(new Set(digests.flat().map(({ digest }) => digest)).size).toBe(2);
  });
});

describe('harborQuirks', () => {
  it('behaves like Harbor: realm on the request host, empty access_token, cookies, absolute Location', async () => {
    await start(harborQuirks(), {
      auth: {
        mode: 'token',
        accounts: [{ username: 'u', password: 'p' }],
        realm: 'request-host',
        tokens: { fields: 'empty-access-token' },
      },
    });
    const [challenge] = await challenges();
    expect(challenge).toContain(`realm="http://${registry.host}/service/token"`);
    const answer = await sendRequest(`${registry.origin}/service/token?scope=repository:a:pull,push`, {
      headers: { authorization: RIGHT },
    });
    const { token, access_token: access } = JSON.parse(answer.body.toString()) as { token: string; access_token: string };
    expect(access).toBe('');
    const begun = await send('a/blobs/uploads/', { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    expect(begun.headers.location).toMatch(new RegExp(`^${registry.origin}/v2/a/`));
  });
});
