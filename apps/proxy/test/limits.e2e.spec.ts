import { connect } from 'node:net';
import { sendRequest, until } from '@oci-connector/testing-kit';
import { type FixtureRegistry, startFixtureRegistry } from '@oci-connector/testing-registry';
import { errorOf, prefix, ProxyWorld } from './proxy-world';

describe('limits', () => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;

  async function start(settings: Parameters<typeof ProxyWorld.start>[0]): Promise<void> {
    world = await ProxyWorld.start(settings);
    registry = await startFixtureRegistry();
    await world.connect(registry);
    await world.connect(registry, { name: 'other' });
    // Makes the proxy cache the response to the version check, so that the faults affect only requests for contents.
    for (const name of ['registry', 'other']) {
      await world.send(tags(name), { as: 'admin' });
    }
  }

  afterEach(async () => {
    registry.faults.clear();
    await world.close();
    await registry.close();
  });

  const metrics = async (): Promise<string> => (await sendRequest(`${world.proxy.adminUrl}/metrics`)).body.toString();
  const tags = (name = 'registry'): string => `${prefix(name)}/team/app/tags/list`;

  it.each([
    [
      'ServiceAccount',
      { maxTransfersPerClient: 2 },
      'puller',
      'other',
      /^client system:serviceaccount:team:puller already has 2 concurrent requests/,
    ] as const,
    [
      'Connector',
      { maxTransfersPerConnector: 2 },
      'pusher',
      'registry',
      /^connector platform\/registry already has 2 concurrent requests/,
    ] as const,
  ])('429 beyond the concurrent transfers of a %s, but not for others', async (_kind, settings, second, connector, message) => {
    await start({ settings });
    const hold = registry.faults.add({ kind: 'hold', times: 2 });
    const running = [world.send(tags(), { as: 'puller' }), world.send(tags(), { as: 'puller' })];
    await until(() => hold.hits === 2);
    const refused = await world.send(tags(connector), { as: second });
    expect({ status: refused.status, ...errorOf(refused) }).toEqual({
      status: 429,
      code: 'TOOMANYREQUESTS',
      message: expect.stringMatching(message) as string,
    });
    expect(refused.headers['retry-after']).toBe('1');
    await until(async () => (await metrics()).includes(`connector_name="${connector}",action="none",status="429",code="LimitReached"} 1`));
    expect((await world.send(tags('other'), { as: 'pusher' })).status).toBe(404);
    hold.release();
    await Promise.all(running);
    await until(async () => (await world.send(tags(connector), { as: second })).status === 404);
  });

  it('has metrics with how much of the limits is in use, and of the certificate', async () => {
    await start({ settings: { maxTransfersPerClient: 4, maxTransfersPerConnector: 10, maxConnections: 100, maxConnectionsPerPeer: 50 } });
    const hold = registry.faults.add({ kind: 'hold', times: 2 });
    const running = [world.send(tags(), { as: 'puller' }), world.send(tags(), { as: 'puller' })];
    await until(() => hold.hits === 2);
    const text = await metrics();
    const used = [...text.matchAll(/^connectors_proxy_limit_usage_ratio\{limit="(\w+)"\} (\S+)$/gm)].map(([, limit, value]) => [
      limit,
      value,
    ]);
    expect(Object.fromEntries(used)).toEqual({
      connector_requests: '0.2',
      client_requests: '0.5',
      client_tunnels: '0',
      connections: '0.02',
      peer_connections: '0.04',
    });
    const [, expiry] = /^connectors_proxy_certificate_expiry_timestamp_seconds (\S+)$/m.exec(text) ?? [];
    expect(Number(expiry)).toBeGreaterThan(Date.now() / 1_000);
    hold.release();
    await Promise.all(running);
  });

  it('429 with Retry-After beyond the requests per second', async () => {
    await start({ settings: { requestRatePerClient: 3 } });
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) {
      statuses.push((await world.send(tags(), { as: 'puller' })).status);
    }
    expect(statuses.slice(0, 3)).toEqual([404, 404, 404]);
    expect(statuses).toContain(429);
    await until(async () => (await world.send(tags(), { as: 'puller' })).status === 404);
  });

  it('a refused client does not count towards the limits of others', async () => {
    await start({ settings: { requestRatePerConnector: 20 } });
    for (let count = 0; count < 30; count += 1) {
      expect((await world.send(tags(), { as: 'stranger' })).status).toBe(403);
    }
    expect((await world.send(tags(), { as: 'puller' })).status).toBe(404);
  });

  it('closes connections beyond the limit of one address', async () => {
    await start({ settings: { maxConnectionsPerPeer: 3 } });
    const sockets = [1, 2, 3, 4].map(() => connect(world.proxy.httpPort, '127.0.0.1').on('error', () => undefined));
    await until(() => sockets.filter(({ closed }) => closed).length === 1);
    expect(sockets.filter(({ closed }) => closed)).toHaveLength(1);
    for (const socket of sockets) {
      socket.destroy();
    }
    await until(async () => (await world.send('/v2/').catch(() => ({ status: 0 }))).status === 200);
  });
});
