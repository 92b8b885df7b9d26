import { type ReceivedResponse, sendRequest } from '@oci-connector/testing-kit';
import { type FixtureRegistry, startFixtureRegistry } from './fixture-registry';
import { type FixtureRegistryOptions, type TokenAuth } from './fixture-registry-options';

const WRITER = { username: 'writer', password: 'w', identityToken: 'identity' };
const READER = { username: 'reader', password: 'r', grants: { 'team/*': ['pull'], open: ['*'] } } as const;
const TOKEN_AUTH: TokenAuth = { mode: 'token', accounts: [WRITER, READER] };

let registry: FixtureRegistry;

async function start(options: FixtureRegistryOptions): Promise<void> {
  registry = await startFixtureRegistry(options);
}
afterEach(() => registry.close());

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function send(path: string, authorization?: string, method = 'GET'): Promise<ReceivedResponse> {
  return sendRequest(`${registry.url}/v2/${path}`, { method, headers: authorization === undefined ? {} : { authorization } });
}

interface TokenAnswer {
  token?: string;
  access_token?: string;
  expires_in?: number;
  issued_at?: string;
}

async function requestToken(query: string, authorization?: string): Promise<TokenAnswer> {
  const response = await sendRequest(`${registry.tokenOrigin}/service/token?${query}`, {
    headers: authorization === undefined ? {} : { authorization },
  });
  expect(response.status).toBe(200);
  return JSON.parse(response.body.toString()) as TokenAnswer;
}

async function bearer(scope: string, account: { username: string; password: string } = WRITER): Promise<string> {
  return `Bearer ${(await requestToken(`service=x&scope=${scope}`, basic(account.username, account.password))).token}`;
}

describe('basic authentication', () => {
  beforeEach(() => start({ auth: { mode: 'basic', accounts: [WRITER, READER], realm: 'here' } }));

  it.each([
    ['no credential', undefined],
    ['a wrong password', basic('writer', 'x')],
    ['an unknown user', basic('nobody', 'w')],
    ['a token', 'Bearer abc'],
    ['no colon', `Basic ${Buffer.from('writer').toString('base64')}`],
  ])('challenges %s, also on /v2/', async (_name, authorization) => {
    const response = await send('', authorization);
    expect([response.status, response.headers['www-authenticate']]).toEqual([401, 'Basic realm="here"']);
  });

  it('admits the right password, within the rights of the account', async () => {
    expect((await send('', basic('reader', 'r'))).status).toBe(200);
    expect((await send('team/a/tags/list', basic('reader', 'r'))).status).toBe(404);
    expect((await send('team/a/blobs/uploads/', basic('reader', 'r'), 'POST')).status).toBe(403);
    expect((await send('other/tags/list', basic('reader', 'r'))).status).toBe(403);
    expect((await send('open/blobs/uploads/', basic('reader', 'r'), 'POST')).status).toBe(202);
  });

  it('accepts a changed password immediately', async () => {
    registry.accounts.setPassword('writer', 'new');
    expect((await send('', basic('writer', 'w'))).status).toBe(401);
    expect((await send('', basic('writer', 'new'))).status).toBe(200);
    expect(() => registry.accounts.setPassword('nobody', 'x')).toThrow('nobody');
  });
});

describe('token authentication', () => {
  it('names realm, service and the missing scope', async () => {
    await start({ auth: { ...TOKEN_AUTH, service: 'svc' } });
    const realm = `realm="${registry.tokenOrigin}/service/token",service="svc"`;
    expect((await send('')).headers['www-authenticate']).toBe(`Bearer ${realm}`);
    expect((await send('a/b/tags/list')).headers['www-authenticate']).toBe(`Bearer ${realm},scope="repository:a/b:pull"`);
    expect((await send('a/b/blobs/uploads/?mount=sha256:x&from=c', undefined, 'POST')).headers['www-authenticate']).toBe(
      `Bearer ${realm},scope="repository:a/b:pull,push repository:c:pull"`,
    );
    expect((await send('a/manifests/x', 'Bearer forged', 'DELETE')).headers['www-authenticate']).toBe(
      `Bearer ${realm},scope="repository:a:delete",error="invalid_token"`,
    );
  });

  it('admits a token for its scopes only', async () => {
    await start({ auth: TOKEN_AUTH });
    const pull = await bearer('repository:a:pull');
    expect((await send('', pull)).status).toBe(200);
    expect((await send('a/tags/list', pull)).status).toBe(404);
    expect((await send('b/tags/list', pull)).headers['www-authenticate']).toContain('error="insufficient_scope"');
    expect((await send('a/blobs/uploads/', pull, 'POST')).status).toBe(401);
    expect((await send('a/blobs/uploads/', await bearer('repository:a:pull,push'), 'POST')).status).toBe(202);
    expect((await send('a/tags/list', basic('writer', 'w'))).status).toBe(401);
  });

  it('grants only the rights of the account, or the anonymous ones', async () => {
    await start({ auth: { ...TOKEN_AUTH, anonymousGrants: { public: ['pull'] } } });
    const reader = await bearer('repository:team/a:pull,push', READER);
    expect((await send('team/a/tags/list', reader)).status).toBe(404);
    expect((await send('team/a/blobs/uploads/', reader, 'POST')).status).toBe(401);
    const anonymous = `Bearer ${(await requestToken('scope=repository:public:pull,push&scope=repository:team/a:pull')).token}`;
    expect((await send('public/tags/list', anonymous)).status).toBe(404);
    expect((await send('public/blobs/uploads/', anonymous, 'POST')).status).toBe(401);
    expect((await send('team/a/tags/list', anonymous)).status).toBe(401);
  });

  it('grants several scopes, repeated or separated by spaces', async () => {
    await start({ auth: TOKEN_AUTH });
    for (const query of ['scope=repository:a:pull&scope=repository:b:pull', 'scope=repository:a:pull%20repository:b:pull']) {
      const { token } = await requestToken(query, basic('writer', 'w'));
      expect((await send('a/tags/list', `Bearer ${token}`)).status).toBe(404);
      expect((await send('b/tags/list', `Bearer ${token}`)).status).toBe(404);
    }
  });

  it.each(['jwt', 'opaque'] as const)('refuses a token (%s) that has expired or was revoked', async (format) => {
    let now = 1_700_000_000_000;
    await start({ auth: { ...TOKEN_AUTH, tokens: { format, lifetimeSeconds: 60 } }, clock: () => now });
    const token = await bearer('repository:a:pull');
    expect(token.split('.')).toHaveLength(format === 'jwt' ? 3 : 1);
    now += 59_999;
    expect((await send('a/tags/list', token)).status).toBe(404);
    now += 1;
    expect((await send('a/tags/list', token)).status).toBe(401);
    const second = await bearer('repository:a:pull');
    registry.tokens.revokeAll();
    expect((await send('a/tags/list', second)).status).toBe(401);
  });

  it('refuses a modified token', async () => {
    await start({ auth: TOKEN_AUTH });
    const [header, , signature] = (await bearer('repository:a:pull')).split('.');
    const [, claims] = (await bearer('repository:b:pull')).split('.');
    expect((await send('b/tags/list', `${header}.${claims}.${signature}`)).status).toBe(401);
  });

  it.each([
    [{}, { token: true, access: true, expires: 300, issued: true }],
    [
      { fields: 'token' as const, lifetimeSeconds: 5 },
      { token: true, access: false, expires: 5, issued: true },
    ],
    [{ fields: 'access_token' as const }, { token: false, access: true, expires: 300, issued: true }],
    [{ fields: 'empty-access-token' as const }, { token: true, access: '', expires: 300, issued: true }],
    [
      { omitExpiresIn: true, omitIssuedAt: true },
      { token: true, access: true, expires: undefined, issued: false },
    ],
  ])('answers in the format %j', async (tokens, expected) => {
    await start({ auth: { ...TOKEN_AUTH, tokens } });
    const answer = await requestToken('', basic('writer', 'w'));
    expect({
      token: answer.token !== undefined,
      access: answer.access_token === '' ? '' : answer.access_token !== undefined,
      expires: answer.expires_in,
      issued: answer.issued_at !== undefined,
    }).toEqual(expected);
  });

  it('refuses a wrong password, and POST unless it is allowed', async () => {
    await start({ auth: TOKEN_AUTH });
    const url = `${registry.tokenOrigin}/service/token`;
    const wrong = await sendRequest(url, { headers: { authorization: basic('writer', 'x') } });
    expect([wrong.status, wrong.headers['www-authenticate']]).toEqual([401, 'Basic realm="fixture token server"']);
    expect((await sendRequest(url, { method: 'POST', body: 'grant_type=password' })).status).toBe(405);
  });

  it.each([
    ['grant_type=refresh_token&refresh_token=identity&scope=repository:a:pull', 200],
    ['grant_type=password&username=writer&password=w&scope=repository:a:pull', 200],
    ['grant_type=refresh_token&refresh_token=guess', 401],
    ['grant_type=password&username=writer&password=x', 401],
  ])('answers the form %s with %i where POST is allowed', async (body, status) => {
    await start({ auth: { ...TOKEN_AUTH, allowPost: true } });
    const response = await sendRequest(`${registry.tokenOrigin}/service/token`, { method: 'POST', body });
    expect(response.status).toBe(status);
    if (status !== 200) {
      return;
    }
    const { token } = JSON.parse(response.body.toString()) as TokenAnswer;
    expect((await send('a/tags/list', `Bearer ${token}`)).status).toBe(404);
  });

  it.each([
    ['same-origin', (): string => `${registry.origin}/service/token`],
    ['request-host', (): string => 'http://registry.test:99/service/token'],
    [{ url: 'http://elsewhere.test/t' }, (): string => 'http://elsewhere.test/t'],
  ] as const)('sends the realm %j', async (realm, expected) => {
    await start({ auth: { ...TOKEN_AUTH, realm } });
    const response = await sendRequest(`${registry.url}/v2/`, { headers: { host: 'registry.test:99' } });
    expect(response.headers['www-authenticate']).toContain(`realm="${expected()}"`);
  });
});
