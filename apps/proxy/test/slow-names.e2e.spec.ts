import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NameResolver } from '@oci-connector/egress';
import { FixtureNameServer, ManualClock, type ReceivedResponse, until } from '@oci-connector/testing-kit';
import { type FixtureRegistry, startFixtureRegistry } from '@oci-connector/testing-registry';
import { errorOf, prefix, ProxyWorld } from './proxy-world';

describe('slow names', () => {
  let directory: string;
  let names: FixtureNameServer;
  let registry: FixtureRegistry;
  let world: ProxyWorld;
  /** The clock of the resolver only. */
  const clock = new ManualClock();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slow-names-'));
    const [hostsFile, resolvConf] = [join(directory, 'hosts'), join(directory, 'resolv.conf')];
    names = await FixtureNameServer.start({ 'healthy.team-a.svc.test': { a: ['127.0.0.1'], ttl: 1 } });
    await writeFile(hostsFile, '127.0.0.1 hosted.test\n');
    await writeFile(resolvConf, `nameserver ${names.address}\nsearch svc.test\noptions ndots:5\n`);
    registry = await startFixtureRegistry();
    world = await ProxyWorld.start({ lookup: new NameResolver({ hostsFile, resolvConf, clock }).lookup });
  });

  afterAll(async () => {
    await world.close();
    await registry.close();
    await names.close();
    await rm(directory, { recursive: true });
  });

  const connect = (name: string, host: string): Promise<void> =>
    world.connect({ url: registry.url.replace(/\/\/[^:/]+/, `//${host}`) }, { name });
  const tags = (name: string): Promise<ReceivedResponse> => world.send(`${prefix(name)}/team/app/tags/list`);

  it.each([20, 200])('of one Connector, needed by %i requests, delay no other Connector', async (requests) => {
    const slow = `slow-${requests}.test`;
    await connect(`slow-${requests}`, slow);
    // The cached addresses of the name expire.
    clock.advance(60_000);
    for (const name of [`${slow}.svc.test`, slow]) {
      names.zone.set(name, 'SILENT');
    }
    names.asked.length = 0;
    let answered = 0;
    const waiting = Array.from({ length: requests }, () => tags(`slow-${requests}`).finally(() => (answered += 1)));
    await until(() => names.timesAsked(`${slow}.svc.test`) > 0);

    // The resolver's clock stands still: a request that had to wait for the slow name would wait forever.
    await connect(`healthy-${requests}`, 'healthy.team-a');
    expect((await tags(`healthy-${requests}`)).status).toBe(404);
    await connect(`hosted-${requests}`, 'hosted.test');
    expect((await tags(`hosted-${requests}`)).status).toBe(404);
    expect(answered).toBe(0);

    clock.advance(5_000);
    const refusals = await Promise.all(waiting);
    expect(new Set(refusals.map(({ status }) => status))).toEqual(new Set([502]));
    expect(refusals.map(errorOf).at(0)?.message).toContain('no name server answered within 5 s');
    // Both address families, each at most twice, for any number of waiting requests.
    expect(names.timesAsked(`${slow}.svc.test`)).toBeLessThanOrEqual(4);
  });
});
