import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { sendRequest, until } from '@oci-connector/testing-kit';
import { anImage, type FixtureRegistry, pushImage, startFixtureRegistry } from '@oci-connector/testing-registry';
import { basic, CONNECTORS, prefix, ProxyWorld } from './proxy-world';
import { answerLongList, requestWithoutReading, LONG_LIST, readSlowly } from './raw-exchange';

const ACCOUNT = { username: 'robot', password: 'correct-horse-battery' };
const MANIFEST = `${prefix()}/team/app/manifests/v1`;
const UPLOADS = `${prefix()}/team/app/blobs/uploads/`;

/**
 * The idle limit. Only the kernel and the timers of Node.js detect whether a peer reads the bytes that were written, so a test clock cannot
 * drive them. Longer than a busy machine needs for any request, so that only a stalled connection reaches the limit.
 */
const IDLE_MS = 3_000;

describe('a peer that does not read what it is sent', () => {
  let world: ProxyWorld;
  let registry: FixtureRegistry;
  const image = anImage({ layerBytes: 2_000_000 });
  const layer = image.blobs[1]?.digest ?? '';

  beforeAll(async () => {
    world = await ProxyWorld.start({ settings: { idleTimeout: IDLE_MS } });
    registry = await startFixtureRegistry({ auth: { mode: 'token', accounts: [ACCOUNT], tokens: { lifetimeSeconds: 3_600 } } });
    await pushImage({ url: registry.url, repository: 'team/app', reference: 'v1', auth: ACCOUNT }, image);
    await world.connect(registry, { credential: ACCOUNT, trustedRealms: [registry.tokenOrigin] });
    await world.send(MANIFEST);
  });

  beforeEach(() => {
    registry.clearRequests();
  });

  afterEach(async () => {
    registry.faults.clear();
    await until(() => registry.requests.every(({ finished }) => finished));
  });

  afterAll(async () => {
    await world.close();
    await registry.close();
  });

  it('504 when the registry stops reading a push', async () => {
    const { headers } = await world.send(UPLOADS, { method: 'POST' });
    registry.faults.add({ kind: 'stop-reading', afterBytes: 1_000, match: { method: 'PATCH' } });
    const response = await world.send(headers.location ?? '', { method: 'PATCH', body: randomBytes(20_000_000) });
    expect(response.status).toBe(504);
    // A server that does not read does not notice the end of the connection either.
    registry.clearRequests();
  });

  it.each([
    ['in the middle of one', 64 * 1024 * 1024],
    // The proxy has written each response completely.
    ['after several complete ones', 64 * 1024],
  ])('closes the connection of a client that stops reading responses: %s', async (_where, size) => {
    const upstream = createServer((_request, response) => response.end(Buffer.alloc(size))).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    const name = `responses-of-${size}`;
    await world.connect({ url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` }, { name });
    const client = connect(world.proxy.httpPort, '127.0.0.1').on('error', () => undefined);
    const request = `GET ${prefix(name)}/app/manifests/v1 HTTP/1.1\r\nHost: a\r\nAuthorization: ${basic(world.token('puller'))}\r\n\r\n`;
    await once(client.pause(), 'connect');
    await requestWithoutReading(client, request, () =>
      world.accesses.some(({ connector, outcome }) => connector === `${CONNECTORS}/${name}` && outcome === 'client-silent'),
    );
    await until(async () => /transfers_in_flight 0$/m.test((await sendRequest(`${world.proxy.adminUrl}/metrics`)).body.toString()));
    client.destroy();
    upstream.close();
  });

  it('waits for a client that slowly reads a completely written response', async () => {
    const upstream = createServer(answerLongList).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    await world.connect({ url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` }, { name: 'long-list' });
    const client = connect(world.proxy.httpPort, '127.0.0.1');
    client
      .pause()
      .write(
        `GET ${prefix('long-list')}/app/tags/list HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: ${basic(world.token('puller'))}\r\n\r\n`,
      );
    expect(await readSlowly(client, 50_000)).toBeGreaterThan(LONG_LIST.length);
    upstream.close();
  });

  it('delivers small responses that wait behind one that takes longer than the idle limit', async () => {
    registry.faults.add({ kind: 'slow-body', chunkBytes: 250_000, milliseconds: IDLE_MS / 4 });
    const client = connect(world.proxy.httpPort, '127.0.0.1');
    const request = (path: string, last = false): string =>
      `GET ${path} HTTP/1.1\r\nHost: a\r\n${last ? 'Connection: close\r\n' : ''}Authorization: ${basic(world.token('puller'))}\r\n\r\n`;
    client.write(request(`${prefix()}/team/app/blobs/${layer}`) + request(MANIFEST) + request(MANIFEST, true));
    const received = Buffer.concat((await client.toArray()) as Buffer[]).toString('latin1');
    expect(received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(received).toContain('"schemaVersion":2');
  });
});
