import { anUpstreamRegistry, BASIC } from '../test/loopback-registry';
import { PULL, PUSH, TokenRegistry } from '../test/token-registry';
import { Sensitive } from '@oci-connector/sensitive';
import { ManualClock } from '@oci-connector/testing-kit';
import { OciAuthError } from './oci-auth.errors';
import { OciAuthorizer } from './oci-authorizer';
import { type UpstreamRegistry } from './upstream-registry';

const HARBOR_BASIC = 'Basic realm="harbor"';

describe('OciAuthorizer.rejected', () => {
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

  it('fetches a new token when the registry no longer accepts the old one, and keeps it', async () => {
    const old = await authorizer.authorize(registry(), PULL);
    const renewed = await authorizer.rejected(registry(), PULL, old, { challenge: upstream.challenge() });
    expect(renewed.header?.reveal()).toBe('Bearer T2');
    expect(await authorizer.authorize(registry(), PULL)).toBe(renewed);
    expect(upstream.registry.seen).toHaveLength(1);
  });

  it('fetches one new token for all whose old one was refused', async () => {
    const old = await authorizer.authorize(registry(), PULL);
    const all = await Promise.all(
      Array.from({ length: 20 }, () => authorizer.rejected(registry(), PULL, old, { challenge: upstream.challenge() })),
    );
    expect(new Set(all.map(({ header }) => header?.reveal()))).toEqual(new Set(['Bearer T2']));
    expect(await authorizer.rejected(registry(), PULL, old, { challenge: upstream.challenge() })).toBe(all[0]);
    expect(upstream.issued).toEqual(['T1', 'T2']);
  });

  it.each([
    ['Basic only (Harbor)', HARBOR_BASIC],
    ['an empty challenge (Harbor)', ''],
    ['no challenge', undefined],
    ['garbage', '"""'],
    ['another realm (nvcr.io)', 'Bearer realm="https://authn.nvidia.com/token",service="registry"'],
  ])('asks again without Authorization after %s, and concludes nothing from it', async (_name, wwwAuthenticate) => {
    const old = await authorizer.authorize(registry(), PUSH);
    const renewed = await authorizer.rejected(registry(), PUSH, old, { challenge: wwwAuthenticate });
    expect(renewed).toMatchObject({ scheme: 'bearer' });
    expect(renewed.header?.reveal()).toBe('Bearer T2');
    expect(upstream.registry.seen.map(({ path, headers }) => [path, headers.authorization])).toEqual(Array(2).fill(['/v2/', undefined]));
  });

  it('C1 follows no challenge to an untrusted realm, however late it arrives', async () => {
    const evil = await TokenRegistry.start();
    const old = await authorizer.authorize(registry(), PULL);
    upstream.bare = () => ({ status: 401, headers: { 'www-authenticate': evil.challenge() } });
    await expect(authorizer.rejected(registry(), PULL, old, { challenge: evil.challenge() })).rejects.toMatchObject({
      code: 'RealmUntrusted',
    });
    expect(evil.tokenServer.seen).toEqual([]);
    await evil.close();
  });

  it('gives up when the new token is refused as well, finds out what is refused, and fetches no other token for 10 s', async () => {
    const old = await authorizer.authorize(registry(), PULL);
    const renewed = await authorizer.rejected(registry(), PULL, old, { challenge: HARBOR_BASIC });
    for (let request = 0; request < 3; request++) {
      expect(await authorizer.authorize(registry(), PULL)).toBe(renewed);
      await expect(authorizer.rejected(registry(), PULL, renewed, { challenge: HARBOR_BASIC })).rejects.toMatchObject({
        code: 'AccessRefused',
      });
    }
    expect(upstream.tokenServer.seen.map(({ query }) => query.get('scope'))).toEqual(['repository:app:pull', 'repository:app:pull', null]);
    clock.advance(10_000);
    expect((await authorizer.rejected(registry(), PULL, renewed, { challenge: HARBOR_BASIC })).header?.reveal()).toBe('Bearer T4');
  });

  it('treats a token that is refused long after its renewal as an ordinary one', async () => {
    const old = await authorizer.authorize(registry(), PULL);
    const renewed = await authorizer.rejected(registry(), PULL, old, { challenge: upstream.challenge() });
    clock.advance(60_000);
    expect((await authorizer.rejected(registry(), PULL, renewed, { challenge: upstream.challenge() })).header?.reveal()).toBe('Bearer T3');
  });

  it('changes to Bearer when the registry does', async () => {
    const before = upstream.bare;
    upstream.bare = () => ({ status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } });
    const basic = await authorizer.authorize(registry(), PULL);
    upstream.bare = before;
    expect((await authorizer.rejected(registry(), PULL, basic, { challenge: HARBOR_BASIC })).header?.reveal()).toBe('Bearer T1');
    expect(await authorizer.authorize(registry(), PULL)).toMatchObject({ scheme: 'bearer' });
  });

  it('fetches no read token for a deletion when a challenge names only pull', async () => {
    const DELETE = [{ repository: 'app', actions: ['delete'] }] as const;
    const old = await authorizer.authorize(registry(), DELETE);
    const limit = ['pull', 'push', 'delete', '*'] as const;
    await authorizer.rejected(registry(), DELETE, old, { limit, challenge: upstream.challenge(',scope="repository:app:pull"') });
    await authorizer.authorize(registry(), [{ repository: 'other', actions: ['delete'] }]);
    expect(upstream.tokenServer.seen.map(({ query }) => query.get('scope'))).toEqual([
      'repository:app:delete',
      'repository:app:delete',
      'repository:other:delete',
    ]);
  });

  it('never falls back from a refused credential to anonymous access', async () => {
    const old = await authorizer.authorize(registry(), PULL);
    upstream.bare = () => ({ status: 200, body: {} });
    await expect(authorizer.rejected(registry(), PULL, old, { challenge: HARBOR_BASIC })).rejects.toMatchObject({ code: 'AccessRefused' });
    expect(upstream.tokenServer.seen.filter(({ headers }) => !headers.authorization)).toEqual([]);
  });

  describe('of a registry that lets everybody in at /v2/ and requires a credential for a push', () => {
    beforeEach(() => {
      upstream.bare = () => ({ status: 200, body: {} });
    });

    it('learns Bearer from the refused request, and remembers it', async () => {
      const none = await authorizer.authorize(registry(), PUSH);
      expect(none.scheme).toBe('none');
      const bearer = await authorizer.rejected(registry(), PUSH, none, { challenge: upstream.challenge() });
      expect(bearer.header?.reveal()).toBe('Bearer T1');
      expect(await authorizer.authorize(registry(), PUSH)).toBe(bearer);
      expect(await authorizer.rejected(registry(), PUSH, none, { challenge: upstream.challenge() })).toBe(bearer);
    });

    const OTHER: typeof PULL = [{ repository: 'public', actions: ['pull'] }];

    it.each<[string, Partial<UpstreamRegistry>, string | undefined]>([
      ['Basic, when there is no credential', { credential: undefined }, 'Basic realm="r"'],
      ['Bearer, when its token server issues no anonymous token', { credential: undefined }, undefined],
      [
        'Basic, when the Secret contains only an identity token',
        { credential: { username: 'u', password: new Sensitive(''), identityToken: new Sensitive('t') } },
        'Basic realm="r"',
      ],
    ])('a part of it that requires %s does not close the rest', async (_what, overrides, challenge) => {
      upstream.tokens = () => ({ status: 401 });
      const none = await authorizer.authorize(registry(overrides), PULL);
      await expect(
        authorizer.rejected(registry(overrides), PULL, none, { challenge: challenge ?? upstream.challenge() }),
      ).rejects.toBeInstanceOf(OciAuthError);
      expect(await authorizer.authorize(registry(overrides), OTHER)).toMatchObject({ scheme: 'none' });
    });

    it('a part of it that everybody may read with a token causes no token requests for other reads', async () => {
      const open = registry({ credential: undefined });
      const none = await authorizer.authorize(open, PULL);
      expect(await authorizer.rejected(open, PULL, none, { challenge: upstream.challenge() })).toMatchObject({ scheme: 'bearer' });
      upstream.tokens = () => ({ status: 401 });
      expect(await authorizer.authorize(open, OTHER)).toMatchObject({ scheme: 'none' });
    });

    it('does not forget it when the plan from GET /v2/ is renewed', async () => {
      const none = await authorizer.authorize(registry(), PUSH);
      await authorizer.rejected(registry(), PUSH, none, { challenge: 'Basic realm="r"' });
      clock.advance(31 * 60_000);
      expect((await authorizer.authorize(registry(), PUSH)).header?.reveal()).toBe(BASIC);
      expect(upstream.registry.seen).toHaveLength(2);
    });

    it('does not forget it when a token was refused in between', async () => {
      const none = await authorizer.authorize(registry(), PUSH);
      const bearer = await authorizer.rejected(registry(), PUSH, none, { challenge: upstream.challenge() });
      await authorizer.rejected(registry(), PUSH, bearer, { challenge: upstream.challenge() });
      clock.advance(31 * 60_000);
      expect((await authorizer.authorize(registry(), PUSH)).header?.reveal()).toBe('Bearer T3');
    });

    it('C1 checks the realm of that response too', async () => {
      const none = await authorizer.authorize(registry(), PUSH);
      const realm = 'Bearer realm="https://evil.example/token"';
      await expect(authorizer.rejected(registry(), PUSH, none, { challenge: realm })).rejects.toMatchObject({ code: 'RealmUntrusted' });
    });
  });
});
