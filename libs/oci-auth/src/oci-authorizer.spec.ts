import { Sensitive } from '@oci-connector/sensitive';
import { ManualClock } from '@oci-connector/testing-kit';
import { anUpstreamRegistry, BASIC } from '../test/loopback-registry';
import { MOUNT, PULL, PUSH, TokenRegistry } from '../test/token-registry';
import { OciAuthorizer } from './oci-authorizer';
import { type OciAuthHooks } from './token-source';
import { type UpstreamRegistry } from './upstream-registry';

describe('OciAuthorizer.authorize', () => {
  const clock = new ManualClock();
  let upstream: TokenRegistry;
  let authorizer: OciAuthorizer;
  beforeEach(async () => {
    upstream = await TokenRegistry.start();
    authorizer = new OciAuthorizer({ clock, random: () => 0.5 });
  });
  afterEach(() => upstream.close());

  const registry = (overrides: Partial<UpstreamRegistry> = {}): UpstreamRegistry =>
    anUpstreamRegistry(upstream.registry, { trustedRealms: [upstream.tokenServer.origin], ...overrides });
  const header = async (...args: Parameters<OciAuthorizer['authorize']>): Promise<string | undefined> =>
    (await authorizer.authorize(...args)).header?.reveal();

  it('asks the registry once without Authorization, then the token server for each set of scopes', async () => {
    expect(await header(registry(), PULL)).toBe('Bearer T1');
    expect(await header(registry(), PULL)).toBe('Bearer T1');
    expect(await header(registry(), PUSH)).toBe('Bearer T2');
    expect(upstream.registry.seen.map(({ path, headers }) => [path, headers.authorization])).toEqual([['/v2/', undefined]]);
    expect(upstream.tokenServer.seen.map(({ query }) => query.getAll('scope'))).toEqual([
      ['repository:app:pull'],
      ['repository:app:pull,push'],
    ]);
  });

  it('returns when the token expires, and uses the same token for any order of scopes', async () => {
    const first = await authorizer.authorize(registry(), MOUNT);
    expect(first).toMatchObject({ scheme: 'bearer', expiresAt: clock.now() + 300_000, refusedScopes: [] });
    expect(first.scopes).toEqual(MOUNT);
    expect(await authorizer.authorize(registry(), [...MOUNT].reverse())).toBe(first);
  });

  it('returns immediately only the authorisations that need no request', async () => {
    const one = registry();
    expect(authorizer.peek(one, PULL)).toBeUndefined();
    const authorization = await authorizer.authorize(one, PULL);
    expect(authorizer.peek(one, PULL)).toBe(authorization);
    expect(authorizer.peek(one, PUSH)).toBeUndefined();
    expect(authorizer.peek(registry({ credentialRevision: 'secret-2' }), PULL)).toBeUndefined();
    expect(authorizer.peek(registry({ connectorUid: 'uid-2' }), PULL)).toBeUndefined();
    authorizer.forget(one.connectorUid);
    expect(authorizer.peek(one, PULL)).toBeUndefined();
    expect(upstream.tokenServer.seen).toHaveLength(1);
  });

  it('lets a hundred concurrent requests make one probe and one token request', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => header(registry(), PULL)));
    expect(new Set(all)).toEqual(new Set(['Bearer T1']));
    expect(upstream.registry.seen).toHaveLength(1);
    expect(upstream.tokenServer.seen).toHaveLength(1);
  });

  it('renews early, and fetches a longer-lived token when one is requested', async () => {
    await header(registry(), PUSH);
    clock.advance(200_000);
    expect(await header(registry(), PUSH, { minimumLifetimeMs: 60_000 })).toBe('Bearer T1');
    expect(await header(registry(), PUSH, { minimumLifetimeMs: 200_000 })).toBe('Bearer T2');
  });

  it('C3 shares no token between connectors, nor between credentials of one connector', async () => {
    await header(registry(), PULL);
    const other = { username: 'robot', password: new Sensitive('hunter2') };
    expect(await header(registry({ connectorUid: 'uid-2', credential: other }), PULL)).toBe('Bearer T2');
    expect(await header(registry({ credentialRevision: 'secret-2' }), PULL)).toBe('Bearer T3');
    expect(await header(registry(), PULL)).toBe('Bearer T1');
  });

  it('C3 cannot be led to another connector’s token by a service that looks like a key', async () => {
    await header(registry({ connectorUid: 'a' }), PULL);
    upstream.bare = () => ({
      status: 401,
      headers: { 'www-authenticate': `Bearer realm="${upstream.tokenServer.origin}/token",service="reg\\",\\"x"` },
    });
    expect(await header(registry({ connectorUid: 'a","b' }), PULL)).toBe('Bearer T2');
  });

  it('C1 sends nothing to a realm that is not trusted, with a credential or without', async () => {
    await expect(authorizer.authorize(registry({ trustedRealms: [] }), PULL)).rejects.toMatchObject({ code: 'RealmUntrusted' });
    await expect(
      authorizer.authorize(registry({ trustedRealms: [], credential: undefined, connectorUid: 'b' }), PULL),
    ).rejects.toMatchObject({
      code: 'RealmUntrusted',
    });
    expect(upstream.tokenServer.seen).toEqual([]);
  });

  it('C1 no longer trusts a realm that is removed from trustedRealms', async () => {
    await header(registry(), PULL);
    await expect(authorizer.authorize(registry({ trustedRealms: [] }), PULL)).rejects.toMatchObject({ code: 'RealmUntrusted' });
    expect(upstream.tokenServer.seen).toHaveLength(1);
  });

  it('uses Basic where only Basic is offered, and asks no token server', async () => {
    upstream.bare = () => ({ status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } });
    expect(await authorizer.authorize(registry(), PUSH)).toMatchObject({ scheme: 'basic', refusedScopes: [] });
    expect(await header(registry(), PUSH)).toBe(BASIC);
    expect(upstream.tokenServer.seen).toEqual([]);
  });

  it('prefers Bearer when both are offered in one header', async () => {
    upstream.bare = () => ({ status: 401, headers: { 'www-authenticate': `Basic realm="x", ${upstream.challenge()}` } });
    expect(await header(registry(), PULL)).toBe('Bearer T1');
  });

  it('sends no Authorization where the registry requires none', async () => {
    upstream.bare = () => ({ status: 200, body: {} });
    expect(await authorizer.authorize(registry(), PULL)).toEqual({ scheme: 'none', scopes: PULL, refusedScopes: [] });
  });

  it.each([
    ['another kind of server responds', 404],
    ['it redirects', 301],
  ])('reports when %s', async (_name, status) => {
    upstream.bare = () => ({ status });
    await expect(authorizer.authorize(registry(), PULL)).rejects.toMatchObject({ name: 'OciAuthError', code: 'NotARegistry' });
    expect(upstream.tokenServer.seen).toEqual([]);
  });

  it('names the origin that a redirect points to', async () => {
    upstream.bare = () => ({ status: 308, headers: { location: 'https://registry.corp/v2/?token=hunter3' } });
    await expect(authorizer.authorize(registry(), PULL)).rejects.toThrow(
      /answered 308 .* set spec\.address to https:\/\/registry\.corp\.$/,
    );
  });

  it('drops the second scope when the server takes only one', async () => {
    upstream.tokens = ({ query }) => (query.getAll('scope').length > 1 ? { status: 400 } : upstream.issue());
    const { scopes, refusedScopes } = await authorizer.authorize(registry(), [...MOUNT].reverse());
    expect(scopes).toEqual(PUSH);
    expect(refusedScopes).toEqual([{ repository: 'base', actions: ['pull'] }]);
    expect((await authorizer.authorize(registry(), MOUNT)).refusedScopes).toHaveLength(1);
    expect(upstream.tokenServer.seen.map(({ query }) => query.getAll('scope').length)).toEqual([2, 1]);
  });

  it('distinguishes a refused credential from refused scopes', async () => {
    upstream.tokens = () => ({ status: 401 });
    await expect(authorizer.authorize(registry(), MOUNT)).rejects.toMatchObject({ code: 'CredentialRefused' });
  });

  it('asks an unreachable token server again at the next request, and a throttling one after its Retry-After', async () => {
    upstream.tokens = () => ({ status: 503 });
    await expect(authorizer.authorize(registry(), PULL)).rejects.toMatchObject({ code: 'TokenEndpointUnreachable' });
    upstream.tokens = () => ({ status: 429, headers: { 'retry-after': '30' } });
    await expect(authorizer.authorize(registry(), PULL)).rejects.toMatchObject({ code: 'TokenEndpointThrottled', retryAfterMs: 30_000 });
    upstream.tokens = () => upstream.issue();
    clock.advance(29_000);
    await expect(authorizer.authorize(registry(), PULL)).rejects.toMatchObject({ code: 'TokenEndpointThrottled', retryAfterMs: 1_000 });
    clock.advance(1_000);
    expect(await header(registry(), PULL)).toBe('Bearer T1');
  });

  it('asks the registry again for its token server when the one it named sends no token', async () => {
    upstream.tokens = () => ({ status: 404 });
    await expect(authorizer.authorize(registry(), PULL)).rejects.toMatchObject({ code: 'TokenResponseInvalid' });
    upstream.bare = () => ({ status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } });
    expect(await header(registry(), PULL)).toBe(BASIC);
  });

  it('forgets one connector and no other', async () => {
    await header(registry(), PULL);
    await header(registry({ connectorUid: 'uid-10' }), PULL);
    authorizer.forget('uid-1');
    expect(await header(registry({ connectorUid: 'uid-10' }), PULL)).toBe('Bearer T2');
    expect(await header(registry(), PULL)).toBe('Bearer T3');
  });

  it('reports fetches, hits and misses', async () => {
    const events: unknown[] = [];
    const record = (name: string) => (event: { connectorUid: string; outcome?: string }) =>
      events.push([name, event.connectorUid, event.outcome]);
    const hooks: OciAuthHooks = { onTokenFetch: record('fetch'), onCacheHit: record('hit'), onCacheMiss: record('miss') };
    authorizer = new OciAuthorizer({ clock, hooks });
    await header(registry(), PULL);
    await header(registry(), PULL);
    expect(events).toEqual([
      ['miss', 'uid-1', undefined],
      ['fetch', 'uid-1', 'ok'],
      ['hit', 'uid-1', undefined],
    ]);
  });
});
