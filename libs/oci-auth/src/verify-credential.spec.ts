import { Sensitive } from '@oci-connector/sensitive';
import { ManualClock } from '@oci-connector/testing-kit';
import { anUpstreamRegistry, BASIC, loopbackHttp } from '../test/loopback-registry';
import { TokenRegistry } from '../test/token-registry';
import { RefusedCredentials } from './refused-credentials';
import { type UpstreamRegistry } from './upstream-registry';
import { verifyCredential } from './verify-credential';

describe('verifyCredential', () => {
  let upstream: TokenRegistry;
  beforeEach(async () => {
    upstream = await TokenRegistry.start();
  });
  afterEach(() => upstream.close());

  const registry = (overrides: Partial<UpstreamRegistry> = {}): UpstreamRegistry =>
    anUpstreamRegistry(upstream.registry, { trustedRealms: [upstream.tokenServer.origin], ...overrides });
  const wrongPassword = { credential: { username: 'robot', password: new Sensitive('wrong') } };
  const onRegistry = (): unknown[] => upstream.registry.seen.map(({ path, headers }) => [path, headers.authorization]);
  const offerBasic = (): void => {
    upstream.bare = () => ({ status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } });
    upstream.judge = (authorization) => (authorization === BASIC ? { body: {} } : { status: 401 });
  };

  it('does the whole handshake: /v2/ without Authorization, token without a scope, /v2/ with the token', async () => {
    expect(await verifyCredential(registry())).toEqual({ scheme: 'bearer', realmOrigin: upstream.tokenServer.origin });
    expect(onRegistry()).toEqual([
      ['/v2/', undefined],
      ['/v2/', 'Bearer T1'],
    ]);
    expect(upstream.tokenServer.seen.map(({ query }) => query.getAll('scope'))).toEqual([[]]);
  });

  it('then, with a repository, fetches a token for it and sends a request that needs it', async () => {
    await verifyCredential(registry(), { repository: 'team/app' });
    expect(upstream.tokenServer.seen[1]?.query.getAll('scope')).toEqual(['repository:team/app:pull']);
    expect(onRegistry()[2]).toEqual(['/v2/team/app/tags/list', 'Bearer T2']);
  });

  it('detects a wrong password although the server issues tokens without rights for a scope (Harbor)', async () => {
    upstream.tokens = ({ headers, query }) => (query.has('scope') || headers.authorization === BASIC ? upstream.issue() : { status: 401 });
    await expect(verifyCredential(registry(wrongPassword), { repository: 'team/app' })).rejects.toMatchObject({
      code: 'CredentialRefused',
      status: 401,
    });
    expect(upstream.issued).toEqual([]);
  });

  it('detects a credential whose token the registry refuses', async () => {
    upstream.judge = () => ({ status: 401, headers: { 'www-authenticate': 'Basic realm="harbor"' } });
    await expect(verifyCredential(registry())).rejects.toMatchObject({ code: 'CredentialRefused' });
  });

  it('works without a scope-less token where the server issues none (400)', async () => {
    upstream.tokens = ({ query }) => (query.has('scope') ? upstream.issue() : { status: 400 });
    await expect(verifyCredential(registry())).rejects.toThrow('auth parameter "repository"');
    expect(await verifyCredential(registry(), { repository: 'team/app' })).toMatchObject({ scheme: 'bearer' });
  });

  describe('without a credential, where the token server refuses a request without a scope (Harbor, Quay)', () => {
    const anonymous = (): UpstreamRegistry => registry({ credential: undefined });
    beforeEach(() => {
      upstream.tokens = ({ query }) => (query.has('scope') ? upstream.issue() : { status: 401 });
    });

    it('continues with the repository', async () => {
      expect(await verifyCredential(anonymous(), { repository: 'library/app' })).toMatchObject({ scheme: 'bearer' });
      expect(onRegistry().at(-1)).toEqual(['/v2/library/app/tags/list', 'Bearer T1']);
    });

    it('asks for the name of a repository when none is set', async () => {
      await expect(verifyCredential(anonymous())).rejects.toThrow(/Name one in the auth parameter "repository" \(spec\.auth\.params\)/);
    });

    it('reports that the repository is closed, not that a credential is wrong', async () => {
      upstream.tokens = () => ({ status: 401 });
      await expect(verifyCredential(anonymous(), { repository: 'library/app' })).rejects.toMatchObject({
        code: 'RepositoryDenied',
        message: expect.stringContaining('everybody') as string,
      });
    });
  });

  it.each([401, 403])(
    'a token server that refuses only the scope of the repository (%i) does not refuse the credential',
    async (status) => {
      upstream.tokens = ({ query }) => (query.has('scope') ? { status } : upstream.issue());
      await expect(verifyCredential(registry(), { repository: 'team/app' })).rejects.toMatchObject({ code: 'RepositoryDenied', status });
    },
  );

  it('a refused credential is sent once, however many checks share it, and again after 30 minutes or with another content', async () => {
    const clock = new ManualClock();
    const refusals = new RefusedCredentials(clock);
    const check = (connectorUid: string, overrides: Partial<UpstreamRegistry> = wrongPassword): Promise<unknown> =>
      verifyCredential(registry({ ...overrides, connectorUid }), { refusals, clock });
    for (const uid of ['a', 'b', 'c']) {
      await expect(check(uid)).rejects.toMatchObject({ code: 'CredentialRefused' });
    }
    expect(upstream.tokenServer.seen).toHaveLength(1);
    await expect(check('d', {})).resolves.toMatchObject({ scheme: 'bearer' });
    clock.advance(30 * 60_000);
    await expect(check('a')).rejects.toMatchObject({ code: 'CredentialRefused' });
    expect(upstream.tokenServer.seen).toHaveLength(3);
  });

  it.each([401, 403])('distinguishes a closed repository from a refused credential (%i)', async (status) => {
    upstream.judge = (authorization) => (authorization === 'Bearer T1' ? { body: {} } : { status });
    await expect(verifyCredential(registry(), { repository: 'team/app' })).rejects.toMatchObject({ code: 'RepositoryDenied', status });
  });

  it('accepts a repository that does not exist yet', async () => {
    upstream.judge = (authorization) => (authorization === 'Bearer T1' ? { body: {} } : { status: 404 });
    await expect(verifyCredential(registry(), { repository: 'team/new' })).resolves.toMatchObject({ scheme: 'bearer' });
  });

  it('sends no request for an invalid repository name', async () => {
    await expect(verifyCredential(registry(), { repository: '../../admin' })).rejects.toMatchObject({ code: 'RepositoryDenied' });
    expect(onRegistry()).toHaveLength(2);
  });

  it.each([
    ['the right password', {}, undefined],
    ['a wrong password', wrongPassword, 'CredentialRefused'],
    ['no credential', { credential: undefined }, 'CredentialMissing'],
  ])('Basic with %s', async (_name, overrides, code) => {
    offerBasic();
    const check = verifyCredential(registry(overrides));
    if (code === undefined) {
      expect(await check).toEqual({ scheme: 'basic', realmOrigin: undefined });
    } else {
      await expect(check).rejects.toMatchObject({ code });
    }
    expect(upstream.tokenServer.seen).toEqual([]);
  });

  it('refuses Basic with only an identity token', async () => {
    offerBasic();
    const credential = { username: 'robot', password: new Sensitive(''), identityToken: new Sensitive('refresh') };
    await expect(verifyCredential(registry({ credential }))).rejects.toMatchObject({ code: 'ChallengeUnsupported' });
  });

  it.each([
    ['accepts a good password that it does not require', {}, undefined],
    ['refuses a wrong password nevertheless', wrongPassword, 'CredentialRefused'],
    ['lets anyone in', { credential: undefined }, undefined],
  ])('an open registry %s', async (_name, overrides, code) => {
    offerBasic();
    upstream.bare = () => ({ body: {} });
    const check = verifyCredential(registry(overrides));
    if (code === undefined) {
      expect(await check).toEqual({ scheme: 'none', realmOrigin: undefined });
    } else {
      await expect(check).rejects.toMatchObject({ code });
    }
  });

  it('C1 does not send the credential to an untrusted realm', async () => {
    await expect(verifyCredential(registry({ trustedRealms: [] }))).rejects.toMatchObject({ code: 'RealmUntrusted' });
    expect(upstream.tokenServer.seen).toEqual([]);
  });

  it('reports that the registry cannot be reached, and why', async () => {
    const cause = new Error('nothing listens there');
    const http = { ...loopbackHttp, get: () => Promise.reject(cause) };
    await expect(verifyCredential(registry({ http }))).rejects.toMatchObject({ code: 'RegistryUnreachable', retryable: true, cause });
  });

  it('reports that the token server is overloaded', async () => {
    upstream.tokens = () => ({ status: 500 });
    await expect(verifyCredential(registry())).rejects.toMatchObject({ code: 'TokenEndpointUnreachable', retryable: true });
  });

  it('ends when its signal aborts', async () => {
    await expect(verifyCredential(registry(), { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
    expect(upstream.registry.seen).toEqual([]);
  });
});
