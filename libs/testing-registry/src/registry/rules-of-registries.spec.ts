import { type ReceivedResponse, type SendOptions, sendRequest } from '@oci-connector/testing-kit';
import { type FixtureRegistry, startFixtureRegistry } from './fixture-registry';
import { type FixtureRegistryOptions, type TokenAuth } from './fixture-registry-options';
import { harborQuirks, quayQuirks } from './quirks';

const ROBOT = { username: 'robot', password: 'p', grants: { 'org/*': ['pull', 'push'] } } as const;
const RIGHT = `Basic ${Buffer.from('robot:p').toString('base64')}`;
const WRONG = `Basic ${Buffer.from('robot:x').toString('base64')}`;
const TOKENS: TokenAuth = { mode: 'token', accounts: [ROBOT], realm: 'same-origin' };

let registry: FixtureRegistry;
afterEach(() => registry.close());

async function start(options: FixtureRegistryOptions): Promise<void> {
  registry = await startFixtureRegistry(options);
}

function send(path: string, options: SendOptions = {}): Promise<ReceivedResponse> {
  return sendRequest(`${registry.url}/v2/${path}`, options);
}

function requestToken(query: string, authorization?: string): Promise<ReceivedResponse> {
  return sendRequest(`${registry.url}/service/token?${query}`, { headers: authorization === undefined ? {} : { authorization } });
}

async function bearer(scope: string): Promise<{ authorization: string }> {
  const { token } = JSON.parse((await requestToken(`scope=${scope}`, RIGHT)).body.toString()) as { token: string };
  return { authorization: `Bearer ${token}` };
}

describe('Quay', () => {
  beforeEach(() =>
    start({ auth: { ...TOKENS, tokens: { fields: 'token', omitExpiresIn: true, omitIssuedAt: true } }, quirks: quayQuirks() }),
  );

  it('grants no pull on a missing repository, and creates the repository when a push is requested', async () => {
    const reading = await bearer('repository:org/new:pull');
    const refused = await send('org/new/manifests/v1', { method: 'HEAD', headers: reading });
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('scope="repository:org/new:pull"'),
    ]);
    expect(registry.repositories()).toEqual([]);
    const writing = await bearer('repository:org/new:pull,push');
    expect(registry.repositories()).toEqual(['org/new']);
    expect((await send('org/new/manifests/v1', { method: 'HEAD', headers: writing })).status).toBe(404);
    expect((await send('org/new/manifests/v1', { method: 'HEAD', headers: reading })).status).toBe(401);
    expect((await send('org/new/blobs/uploads/', { method: 'POST', headers: writing })).status).toBe(202);
  });

  it('creates nothing for an account that may not push', async () => {
    await bearer('repository:other/new:pull,push');
    expect(registry.repositories()).toEqual([]);
  });

  it('accepts only pull, push and *, and requires push for a deletion', async () => {
    expect((await requestToken('scope=repository:org/new:delete', RIGHT)).status).toBe(400);
    expect((await requestToken('scope=repository:org/new:pull,push,delete', RIGHT)).status).toBe(400);
    expect((await requestToken('scope=repository:org/new:*', RIGHT)).status).toBe(200);
    const refused = await send('org/new/manifests/v1', { method: 'DELETE' });
    expect(refused.headers['www-authenticate']).toContain('scope="repository:org/new:pull,push"');
  });

  it('answers 401 to a token request without a credential and without a scope', async () => {
    expect((await requestToken('service=x')).status).toBe(401);
    expect((await requestToken('service=x', RIGHT)).status).toBe(200);
    expect((await requestToken('service=x', WRONG)).status).toBe(401);
    expect((await requestToken('scope=repository:org/new:pull')).status).toBe(200);
  });
});

describe('Harbor', () => {
  beforeEach(() => start({ auth: { ...TOKENS, realm: 'request-host' }, quirks: harborQuirks() }));

  it('answers a missing right with 401, and names the right', async () => {
    const reading = await bearer('repository:other/app:pull');
    const refused = await send('other/app/blobs/uploads/', { method: 'POST', headers: reading });
    expect(refused.status).toBe(401);
    expect(refused.body.toString()).toContain('unauthorized to access repository: other/app, action: push');
  });
});

describe('a registry with anonymous reads', () => {
  it.each([
    ['ignored', 404],
    ['checked', 401],
  ] as const)('anonymousReads %s: only an account may write', async (anonymousReads, wrong) => {
    await start({ auth: { mode: 'basic', accounts: [ROBOT], anonymousReads } });
    expect((await send('')).status).toBe(200);
    expect((await send('org/a/manifests/v1')).status).toBe(404);
    expect((await send('org/a/manifests/v1', { headers: { authorization: WRONG } })).status).toBe(wrong);
    const refused = await send('org/a/blobs/uploads/', { method: 'POST' });
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Basic realm="fixture"']);
    expect((await send('org/a/blobs/uploads/', { method: 'POST', headers: { authorization: RIGHT } })).status).toBe(202);
  });
});

it('Gitea: sends two challenges in two headers, and the scope *', async () => {
  await start({ auth: TOKENS, quirks: { challengeScope: '*', furtherChallenges: ['Basic realm="gitea"'] } });
  const { rawHeaders } = await send('');
  const challenges = rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'www-authenticate');
  expect(challenges).toEqual([expect.stringMatching(/^Bearer .*scope="\*"/), 'Basic realm="gitea"']);
});
