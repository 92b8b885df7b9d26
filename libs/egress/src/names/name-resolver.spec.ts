import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type FixtureNameServer, until } from '@oci-connector/testing-kit';
import { NameWorld } from '../../test/name-world';

describe('NameResolver', () => {
  let world: NameWorld;

  beforeEach(async () => {
    world = await NameWorld.create();
  });

  afterEach(() => world.close());

  describe('answers', () => {
    it.each<[string, Parameters<typeof FixtureNameServer.start>[0], string[]]>([
      ['both families', { 'r.test': { a: ['10.0.0.1', '10.0.0.2'], aaaa: ['fd00::1'] } }, ['10.0.0.1', '10.0.0.2', 'fd00::1']],
      ['A alone', { 'r.test': { a: ['10.0.0.1'] } }, ['10.0.0.1']],
      ['AAAA alone', { 'r.test': { aaaa: ['fd00::1'] } }, ['fd00::1']],
      ['A where AAAA fails', { 'r.test': { a: ['10.0.0.1'], aaaa: 'SERVFAIL' } }, ['10.0.0.1']],
      ['AAAA where A fails', { 'r.test': { a: 'SERVFAIL', aaaa: ['fd00::1'] } }, ['fd00::1']],
      ['A where AAAA is denied with the name', { 'r.test': { a: ['10.0.0.1'], aaaa: 'NXDOMAIN' } }, ['10.0.0.1']],
      ['a chain of CNAMEs', { 'r.test': { cname: 's.test' }, 's.test': { cname: 't.test' }, 't.test': { a: ['10.0.0.7'] } }, ['10.0.0.7']],
      [
        'an answer by TCP',
        { 'r.test': { a: Array.from({ length: 30 }, (_, index) => `10.0.0.${index}`), truncated: true } },
        Array.from({ length: 30 }, (_, index) => `10.0.0.${index}`),
      ],
    ])('accepts %s', async (_title, zone, expected) => {
      await world.server(zone);
      await world.resolvConf('');
      expect((await world.resolver()('r.test')).sort()).toEqual([...expected].sort());
    });

    it('limits the number of addresses', async () => {
      await world.server({ 'r.test': { a: Array.from({ length: 200 }, (_, index) => `10.0.0.${index}`), truncated: true } });
      await world.resolvConf('');
      expect(await world.resolver()('r.test')).toHaveLength(32);
    });

    it('returns the addresses of the family first that this machine prefers', async () => {
      await world.server({ 'r.test': { a: ['10.0.0.1'], aaaa: ['fd00::1'] } });
      await world.resolvConf('');
      expect(await world.resolver({ firstFamily: () => 6 })('r.test')).toEqual(['fd00::1', '10.0.0.1']);
    });

    it.each([
      ['NXDOMAIN', { a: 'NXDOMAIN', aaaa: 'SILENT' }],
      ['NODATA', { aaaa: 'SILENT' }],
    ] as const)(
      'continues with the next search domain when one family is answered with %s and the other not at all',
      async (_answer, records) => {
        await world.server({ 'r.a.test': records, 'r.b.test': { a: ['10.0.0.1'] } });
        await world.resolvConf('search a.test b.test');
        const answer = world.resolver()('r');
        await until(() => world.clock.timers.includes(2_000));
        world.clock.advance(2_000);
        expect(await answer).toEqual(['10.0.0.1']);
      },
    );

    it('does not wait long for a family without an answer', async () => {
      const server = await world.server({ 'r.test': { a: ['10.0.0.1'], aaaa: 'SILENT' } });
      await world.resolvConf('');
      const lookup = world.resolver();
      const answer = lookup('r.test');
      await until(() => world.clock.timers.includes(500));
      world.clock.advance(500);
      expect(await answer).toEqual(['10.0.0.1']);
      // An incomplete answer is requested again soon, whatever its TTL is.
      server.zone.set('r.test', { a: ['10.0.0.1'], aaaa: ['fd00::1'] });
      world.clock.advance(5_001);
      expect(await lookup('r.test')).toEqual(['10.0.0.1', 'fd00::1']);
    });

    it.each([
      ['NXDOMAIN', {}, 'absent', 'know no address'],
      ['NODATA', { 'r.test': {} }, 'absent', 'know no address'],
      ['a CNAME to an absent name', { 'r.test': { cname: 's.test' } }, 'absent', 'know no address'],
      ['SERVFAIL', { 'r.test': 'SERVFAIL' }, 'unanswered', 'answered with errors'],
      ['REFUSED', { 'r.test': 'REFUSED' }, 'unanswered', 'answered with errors'],
      ['NODATA for A and SERVFAIL for AAAA', { 'r.test': { aaaa: 'SERVFAIL' } }, 'unanswered', 'answered with errors'],
    ] as const)('fails for %s', async (_title, zone, problem, text) => {
      await world.server(zone);
      await world.resolvConf('');
      const failing = world.resolver()('r.test');
      await expect(failing).rejects.toMatchObject({ name: 'LookupError', problem });
      await expect(failing).rejects.toThrow(text);
    });
  });

  describe('servers', () => {
    it('asks the next server when one answers with an error, or does not listen', async () => {
      const [failing, closed, good] = [
        await world.server({ 'r.test': 'SERVFAIL' }),
        await world.server(),
        await world.server({ 'r.test': { a: ['10.0.0.1'] } }),
      ];
      await world.resolvConf('', [failing, closed, good]);
      await closed.close();
      world.servers.splice(1, 1);
      expect(await world.resolver()('r.test')).toEqual(['10.0.0.1']);
    });

    it('asks the next server when one does not respond, and still accepts the answer of the first', async () => {
      const [silent, good] = [await world.server({ 'r.test': 'SILENT' }), await world.server({ 'r.test': { a: ['10.0.0.1'] } })];
      await world.resolvConf('');
      const answer = world.resolver()('r.test');
      await until(() => silent.asked.length === 2);
      expect(good.asked).toEqual([]);
      world.clock.advance(1_250);
      expect(await answer).toEqual(['10.0.0.1']);
    });

    it('waits for an unreachable server once, not for each search domain', async () => {
      const zone = { 'r.a.test': {}, 'r.b.test': {}, 'r.c.test': {}, r: { a: ['10.0.0.1'] } };
      const [silent] = [
        await world.server(Object.fromEntries(Object.keys(zone).map((name) => [name, 'SILENT' as const]))),
        await world.server(zone),
      ];
      await world.resolvConf('search a.test b.test c.test\n');
      const answer = world.resolver()('r');
      await until(() => silent.asked.length === 2);
      world.clock.advance(1_250);
      expect(await answer).toEqual(['10.0.0.1']);
      expect(silent.timesAsked('r.b.test')).toBe(0);
    });

    it('begins with another server each time with the option rotate', async () => {
      const servers = [await world.server({ 'r.test': { a: ['10.0.0.1'] } }), await world.server({ 's.test': { a: ['10.0.0.2'] } })];
      await world.resolvConf('options rotate\n');
      const lookup = world.resolver();
      expect(await lookup('r.test')).toEqual(['10.0.0.1']);
      expect(await lookup('s.test')).toEqual(['10.0.0.2']);
      expect(servers.map(({ asked }) => asked.length)).toEqual([2, 2]);
    });

    it('honours attempts and no-aaaa', async () => {
      const server = await world.server({ 'r.test': 'SERVFAIL' });
      await world.resolvConf('options attempts:3 no-aaaa\n');
      await expect(world.resolver()('r.test')).rejects.toThrow('answered with errors');
      expect(server.asked).toEqual(['r.test A', 'r.test A', 'r.test A']);
    });

    it('needs no resolv.conf for a name of the hosts file', async () => {
      await world.hosts('10.1.1.1 known\n');
      expect(await world.resolver()('known')).toEqual(['10.1.1.1']);
    });
  });

  describe('an outage of the name servers', () => {
    const zone = { 'r.test': { a: ['10.0.0.1'] } };
    const afterTtl = (): void => world.clock.advance(30_001);

    it('continues with the known addresses for an hour when all servers answer with errors, and asks again every 30 s', async () => {
      const server = await world.server(zone);
      await world.resolvConf('options no-aaaa\n');
      const lookup = world.resolver();
      await lookup('r.test');
      server.zone.set('r.test', 'SERVFAIL');
      // Two questions each, for `attempts`.
      for (const asked of [3, 5, 7]) {
        afterTtl();
        expect(await lookup('r.test')).toEqual(['10.0.0.1']);
        expect(await lookup('r.test')).toEqual(['10.0.0.1']);
        expect(server.timesAsked('r.test')).toBe(asked);
      }
      world.clock.advance(3_600_000);
      await expect(lookup('r.test')).rejects.toMatchObject({ problem: 'unanswered' });
    });

    it('continues with the known addresses after 2 s when no server answers', async () => {
      const server = await world.server(zone);
      await world.resolvConf('options no-aaaa\n');
      const lookup = world.resolver();
      await lookup('r.test');
      server.zone.set('r.test', 'SILENT');
      afterTtl();
      const answer = lookup('r.test');
      await until(() => server.timesAsked('r.test') === 2);
      world.clock.advance(2_000);
      expect(await answer).toEqual(['10.0.0.1']);
    });

    it('uses the answer of the servers as soon as they answer', async () => {
      const server = await world.server(zone);
      await world.resolvConf('');
      const lookup = world.resolver();
      await lookup('r.test');
      server.zone.set('r.test', 'SERVFAIL');
      afterTtl();
      await lookup('r.test');
      server.zone.set('r.test', { a: ['10.0.0.2'] });
      afterTtl();
      expect(await lookup('r.test')).toEqual(['10.0.0.2']);
    });

    it.each([
      ['the servers say that the name is absent', 'NXDOMAIN'],
      ['the name has lost its addresses', {}],
    ] as const)('forgets the addresses when %s', async (_what, records) => {
      const server = await world.server(zone);
      await world.resolvConf('');
      const lookup = world.resolver();
      await lookup('r.test');
      for (const [now, problem] of [
        [records, 'absent'],
        ['SERVFAIL', 'unanswered'],
      ] as const) {
        server.zone.set('r.test', now);
        afterTtl();
        await expect(lookup('r.test')).rejects.toMatchObject({ problem });
      }
    });
  });

  describe('search domains', () => {
    it('tries a name of the cluster in the search domains first, both families of each, and stops at the first that has it', async () => {
      const server = await world.server({
        'registry.team-a.svc.cluster.local': { a: ['10.96.1.1'] },
        'registry.team-a': { a: ['10.9.9.9'] },
      });
      await world.resolvConf('search mine.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n');
      expect(await world.resolver()('registry.team-a')).toEqual(['10.96.1.1']);
      expect([...new Set(server.asked.map((question) => question.split(' ')[0]))]).toEqual([
        'registry.team-a.mine.svc.cluster.local',
        'registry.team-a.svc.cluster.local',
      ]);
      expect(server.asked).toHaveLength(4);
    });

    it('does not search for a name with a dot at its end', async () => {
      const server = await world.server({ 'r.test': { a: ['10.0.0.1'] }, 'r.test.corp.test': { a: ['10.0.0.2'] } });
      await world.resolvConf('search corp.test\noptions ndots:5\n');
      const lookup = world.resolver();
      expect(await lookup('r.test')).toEqual(['10.0.0.2']);
      expect(await lookup('r.test.')).toEqual(['10.0.0.1']);
      expect(server.timesAsked('r.test')).toBe(2);
    });

    it('continues after an error, as glibc does', async () => {
      await world.server({ 'r.a.test': 'SERVFAIL', 'r.b.test': { a: ['10.0.0.1'] } });
      await world.resolvConf('search a.test b.test\n');
      expect(await world.resolver()('r')).toEqual(['10.0.0.1']);
    });

    it('reports that servers failed when one did and no other name was found', async () => {
      await world.server({ 'r.a.test': 'SERVFAIL' });
      await world.resolvConf('search a.test b.test\n');
      await expect(world.resolver()('r')).rejects.toMatchObject({ problem: 'unanswered' });
    });

    it('does not continue without a response, because then another name could be meant', async () => {
      const server = await world.server({ 'r.a.test': 'SILENT', r: { a: ['10.0.0.1'] } });
      await world.resolvConf('search a.test\n');
      const answer = world.resolver()('r');
      await until(() => server.asked.length === 2);
      world.clock.advance(5_000);
      await expect(answer).rejects.toThrow('no name server answered within 5 s');
      expect(server.timesAsked('r')).toBe(0);
    });
  });

  describe('files', () => {
    it('prefers the current hosts file to any server', async () => {
      const server = await world.server({ 'r.test': { a: ['10.0.0.1'] } });
      await world.resolvConf('');
      const lookup = world.resolver();
      expect(await lookup('r.test')).toEqual(['10.0.0.1']);
      await world.hosts('10.7.7.7 R.test\nfd00::7 r.test\n');
      expect(await lookup('r.test')).toEqual(['10.7.7.7', 'fd00::7']);
      expect(await lookup('r.test.')).toEqual(['10.7.7.7', 'fd00::7']);
      await world.hosts('10.8.8.8 r.test\n');
      expect(await lookup('r.test')).toEqual(['10.8.8.8']);
      await rm(join(world.directory, 'hosts'));
      expect(await lookup('r.test')).toEqual(['10.0.0.1']);
      expect(server.asked).toHaveLength(2);
    });

    it('uses the servers that resolv.conf names now, and forgets the answers of others', async () => {
      const [old, fresh] = [await world.server({ 'r.test': { a: ['10.0.0.1'] } }), await world.server({ 'r.test': { a: ['10.0.0.2'] } })];
      await world.resolvConf('', [old]);
      const lookup = world.resolver();
      expect(await lookup('r.test')).toEqual(['10.0.0.1']);
      await world.resolvConf('', [fresh]);
      expect(await lookup('r.test')).toEqual(['10.0.0.2']);
    });

    it('resolves localhost without a name server (RFC 6761)', async () => {
      const server = await world.server({ localhost: { a: ['10.6.6.6'] } });
      await world.resolvConf('search corp.test\n');
      const lookup = world.resolver();
      expect(await lookup('localhost')).toEqual(['127.0.0.1', '::1']);
      expect(await lookup('registry.localhost')).toEqual(['127.0.0.1', '::1']);
      await world.hosts('127.0.0.1 localhost\n');
      expect(await lookup('localhost')).toEqual(['127.0.0.1']);
      expect(server.asked).toEqual([]);
    });
  });
});
