import { type FixtureNameServer, until } from '@oci-connector/testing-kit';
import { NameWorld } from '../../test/name-world';

describe('NameResolver limits the delays that one tenant causes for others', () => {
  let world: NameWorld;

  beforeEach(async () => {
    world = await NameWorld.create();
  });

  afterEach(() => world.close());

  it('ends a lookup without a response after 5 s, and caches that for 5 s', async () => {
    const server = await world.server({ 'slow.test': 'SILENT' });
    await world.resolvConf('');
    const lookup = world.resolver();
    const first = lookup('slow.test');
    await until(() => server.asked.length === 2);
    world.clock.advance(2_500);
    await until(() => server.asked.length === 4);
    world.clock.advance(2_500);
    await expect(first).rejects.toMatchObject({ problem: 'unanswered' });
    await expect(lookup('slow.test')).rejects.toMatchObject({ problem: 'unanswered' });
    world.clock.advance(4_999);
    await expect(lookup('slow.test')).rejects.toMatchObject({ problem: 'unanswered' });
    expect(server.asked).toHaveLength(4);
    server.zone.set('slow.test', { a: ['10.0.0.1'] });
    world.clock.advance(1);
    expect(await lookup('slow.test')).toEqual(['10.0.0.1']);
  });

  it('sends one lookup for all callers of a name, and serves another name meanwhile', async () => {
    const server = await world.server({ 'slow.test': 'SILENT', 'r.test': { a: ['10.0.0.1'] } });
    await world.resolvConf('');
    const lookup = world.resolver();
    const waiting = Promise.allSettled(Array.from({ length: 200 }, () => lookup('slow.test')));
    await until(() => server.timesAsked('slow.test') === 2);
    expect(await lookup('r.test', { owner: 'two' })).toEqual(['10.0.0.1']);
    world.clock.advance(5_000);
    expect((await waiting).every(({ status }) => status === 'rejected')).toBe(true);
    // Both families, and both again after half of the time.
    expect(server.timesAsked('slow.test')).toBeLessThanOrEqual(4);
  });

  it.each<[string, Parameters<typeof FixtureNameServer.start>[0], number]>([
    ['a TTL of 0 for a second', { 'r.test': { a: ['10.0.0.1'], ttl: 0 } }, 1_000],
    ['a TTL of 20 s for 20 s', { 'r.test': { a: ['10.0.0.1'], ttl: 20 } }, 20_000],
    ['a TTL of a day for 30 s', { 'r.test': { a: ['10.0.0.1'], ttl: 86_400 } }, 30_000],
    [
      'the shortest TTL of both families',
      { 'r.test': { cname: 's.test', ttl: 20 }, 's.test': { a: ['10.0.0.1'], aaaa: ['fd00::1'], ttl: 10 } },
      10_000,
    ],
    ['the absence of an address for 5 s', {}, 5_000],
  ])('caches %s', async (_title, zone, lifetime) => {
    const server = await world.server(zone);
    await world.resolvConf('');
    const lookup = world.resolver();
    const settle = (): Promise<unknown> => lookup('r.test').catch(() => undefined);
    await settle();
    world.clock.advance(lifetime - 1);
    await settle();
    expect(server.timesAsked('r.test')).toBe(2);
    world.clock.advance(1);
    await settle();
    expect(server.timesAsked('r.test')).toBe(4);
  });

  it('limits the lookups of one owner and of all, and serves others meanwhile', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `slow-${index}.test`);
    const server = await world.server({
      ...Object.fromEntries(names.map((name) => [name, 'SILENT' as const])),
      'r.test': { a: ['10.0.0.1'] },
    });
    await world.resolvConf('');
    const lookup = world.resolver({ limits: { perOwner: 3, total: 6 } });
    const mine = Promise.allSettled(names.map((name) => lookup(name)));
    await until(() => names.every((name) => server.timesAsked(name) > 0));
    expect(await lookup('r.test', { owner: 'two' })).toEqual(['10.0.0.1']);
    world.clock.advance(5_000);
    const problems = (await mine).map((settled) =>
      settled.status === 'rejected' ? (settled.reason as { problem: string }).problem : 'answered',
    );
    // The order in which they begin depends on the reading of the files.
    expect(problems.sort()).toEqual([...Array<string>(5).fill('crowded-out'), ...Array<string>(3).fill('unanswered')]);
  });
});
