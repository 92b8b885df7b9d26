import { once } from 'node:events';
import { Agent, createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { sendRequest, until } from '@oci-connector/testing-kit';
import { anImage, type FixtureRegistry, pushImage, startFixtureRegistry } from '@oci-connector/testing-registry';
import { basic, errorOf, prefix, ProxyWorld } from './proxy-world';
import { answerLongList, LONG_LIST, readSlowly } from './raw-exchange';

describe('shutdown', () => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;
  const image = anImage({ layers: 1, layerBytes: 1_000_000 });
  const blob = `${prefix()}/team/app/blobs/${image.blobs[1]?.digest ?? ''}`;

  async function start(settings: { drainDelay: number; grace: number }): Promise<void> {
    world = await ProxyWorld.start({ settings });
    registry = await startFixtureRegistry();
    await pushImage({ url: registry.url, repository: 'team/app', reference: 'v1' }, image);
    await world.connect(registry);
    // Makes the proxy cache the response to the version check, so that the faults affect only requests for contents.
    await world.send(blob);
  }

  afterEach(async () => {
    await world.kube.close();
    await registry.close();
  });

  it('fails readiness, keeps listening during the delay, then lets running transfers end', async () => {
    await start({ drainDelay: 1_500, grace: 60_000 });
    const { proxy } = world;
    const hold = registry.faults.add({ kind: 'hold' });
    const running = world.send(blob);
    await until(() => hold.hits === 1);

    const stopped = proxy.stop();
    const ready = await sendRequest(`${proxy.adminUrl}/readyz`);
    expect(ready.status).toBe(503);
    expect(ready.body.toString()).toContain('[-]listeners: stopping');
    expect((await sendRequest(`${proxy.adminUrl}/healthz`)).status).toBe(200);
    // A load balancer that has not noticed the shutdown yet may still send clients here.
    expect((await world.send('/v2/')).status).toBe(200);

    await until(async () => (await world.send('/v2/').catch(() => undefined)) === undefined);
    hold.release();
    const response = await running;
    expect(response.status).toBe(200);
    expect(response.body.length).toBe(1_000_000);
    await stopped;
  });

  it('cuts running transfers at the end of the grace, with an error if there was no response yet', async () => {
    await start({ drainDelay: 0, grace: 300 });
    const silent = registry.faults.add({ kind: 'hold' });
    const waiting = world.send(`${prefix()}/team/app/tags/list`);
    await until(() => silent.hits === 1);
    const slow = registry.faults.add({ kind: 'slow-body', chunkBytes: 1_000, milliseconds: 50 });
    const running = world.send(blob).then(
      () => 'complete',
      () => 'cut',
    );
    await until(() => slow.hits === 1);

    await world.proxy.stop();
    expect(await running).toBe('cut');
    const response = await waiting;
    expect({ status: response.status, ...errorOf(response) }).toEqual({
      status: 503,
      code: 'UNAVAILABLE',
      message: 'this proxy is shutting down; send the request again',
    });
    await until(() => registry.requests.every(({ finished }) => finished));
  });

  it('does not wait for idle connections that clients keep open', async () => {
    await start({ drainDelay: 0, grace: 60_000 });
    const agent = new Agent({ keepAlive: true });
    expect((await world.send('/v2/', { agent })).status).toBe(200);
    await world.proxy.stop();
    agent.destroy();
  });

  it('does not cut a completely written response that the client is still reading', async () => {
    await start({ drainDelay: 0, grace: 60_000 });
    const upstream = createServer(answerLongList).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    await world.connect({ url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` }, { name: 'long-list' });
    const client = connect(world.proxy.httpPort, '127.0.0.1');
    client
      .pause()
      .write(
        `GET ${prefix('long-list')}/app/tags/list HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: ${basic(world.token('puller'))}\r\n\r\n`,
      );
    const received = readSlowly(client, 50_000);
    await once(client, 'readable');
    const stopped = world.proxy.stop();
    expect(await received).toBeGreaterThan(LONG_LIST.length);
    await stopped;
    upstream.close();
  });
});
