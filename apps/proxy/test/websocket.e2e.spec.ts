import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { eventually, ManualClock, until } from '@oci-connector/testing-kit';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';
import { basic, type ClientName, type ProxyWorld, type WorldOptions } from './proxy-world';
import { ACCEPTED, ACCOUNT, applyService, AUTHORIZATION, BASE, RawClient, startWebSocketWorld } from './web-socket-world';

/** WebSocket for `spec.protocol: http`, with a real client and a real server. */
describe('a WebSocket', () => {
  let world: ProxyWorld;
  let service: Server;
  let sockets: WebSocketServer;
  let requests: IncomingMessage[];
  let upstreams: Duplex[];
  const clients: WebSocket[] = [];

  beforeEach(async () => {
    requests = [];
    upstreams = [];
    service = createServer((_request, response) => void response.writeHead(426).end('no WebSocket here')).listen(0, '127.0.0.1');
    await once(service, 'listening');
    sockets = new WebSocketServer({ server: service, perMessageDeflate: true, handleProtocols: (offered) => [...offered].at(-1) ?? false });
    sockets.on('headers', (headers) => headers.push('Set-Cookie: sid=1', `X-Echo: ${AUTHORIZATION}`));
    sockets.on('connection', (socket, request) => {
      requests.push(request);
      socket.on('error', () => undefined);
      socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) {
      client.terminate();
    }
    for (const upstream of upstreams) {
      upstream.destroy();
    }
    await world.close();
    sockets.close();
    service.closeAllConnections();
    await new Promise((resolve) => service.close(resolve));
  });

  async function start(options: WorldOptions = {}): Promise<void> {
    world = await startWebSocketWorld(`http://127.0.0.1:${(service.address() as AddressInfo).port}/base`, options);
  }

  interface OpenOptions extends ClientOptions {
    readonly as?: ClientName;
    readonly path?: string;
    readonly protocols?: string[];
    readonly token?: string;
  }

  async function open({
    as = 'pusher',
    path = '/a',
    protocols = [],
    token = world.token(as),
    ...options
  }: OpenOptions = {}): Promise<WebSocket> {
    const client = new WebSocket(`ws://127.0.0.1:${world.proxy.httpPort}${BASE}${path}`, protocols, {
      ...options,
      headers: { authorization: basic(token), ...options.headers },
    });
    client.on('error', () => undefined);
    clients.push(client);
    await once(client, 'open');
    return client;
  }

  async function exchange(client: WebSocket, message: string | Buffer): Promise<Buffer> {
    client.send(message);
    const [data] = (await once(client, 'message')) as [Buffer];
    return data;
  }

  const ended = (): Promise<Record<string, unknown>> =>
    eventually(() => world.accesses.find(({ action }) => action === 'websocket'), 'a line of the access log');

  it('carries messages both ways, through the ordinary pipeline, and leaves a line in the log', async () => {
    await start();
    const client = await open({ path: '/a//b%20c;d?e=//f', protocols: ['chat', 'superchat'], perMessageDeflate: true });
    expect((await exchange(client, 'hello')).toString()).toBe('hello');
    const large = Buffer.alloc(3_000_000, 'x');
    expect((await exchange(client, large)).equals(large)).toBe(true);
    expect(client.protocol).toBe('superchat');
    expect(client.extensions).toContain('permessage-deflate');

    const [request] = requests;
    expect(request?.url).toBe('/base/a//b%20c;d?e=//f');
    expect(request?.headers).toEqual({
      host: `127.0.0.1:${(service.address() as AddressInfo).port}`,
      authorization: AUTHORIZATION,
      connection: 'Upgrade',
      upgrade: 'websocket',
      via: '1.1 connectors-proxy',
      'sec-websocket-key': expect.any(String) as string,
      'sec-websocket-version': '13',
      'sec-websocket-protocol': 'chat, superchat',
      'sec-websocket-extensions': expect.stringContaining('permessage-deflate') as string,
    });
    expect(world.accesses.some(({ action }) => action === 'websocket')).toBe(false);

    client.close(4_000, 'bye');
    const [code, reason] = (await once(client, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([4_000, 'bye']);
    expect(await ended()).toMatchObject({
      client: 'team/pusher',
      connector: 'platform/service',
      method: 'GET',
      route: '/{path}',
      status: 101,
      upstreamStatus: 101,
      outcome: 'ok',
      bytesIn: expect.any(Number) as number,
      bytesOut: expect.any(Number) as number,
    });
    expect(Number((await ended())['bytesIn'])).toBeGreaterThan(100);
    expect(world.log).not.toContain(ACCOUNT.password);
  });

  it('answers 101 with what RFC 6455 needs, and with nothing else of the service', async () => {
    await start();
    const client = new WebSocket(`ws://127.0.0.1:${world.proxy.httpPort}${BASE}/a`, {
      headers: { authorization: basic(world.token('pusher')) },
    });
    clients.push(client);
    const [[answer]] = (await Promise.all([once(client, 'upgrade'), once(client, 'open')])) as [[IncomingMessage], unknown];
    expect(Object.keys(answer.headers).sort()).toEqual(['connection', 'sec-websocket-accept', 'sec-websocket-extensions', 'upgrade']);
  });

  it('keeps the token of the client from the service, and maps the origin of its own pages', async () => {
    await start();
    const token = world.token('pusher');
    const host = `127.0.0.1:${world.proxy.httpPort}`;
    const client = await open({
      token,
      origin: `http://${host}`,
      protocols: [`base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`, 'v5.channel.k8s.io'],
      headers: { cookie: 'a=b', 'x-forwarded-for': '1.2.3.4' },
    });
    expect(client.protocol).toBe('v5.channel.k8s.io');
    expect(requests[0]?.headers).toMatchObject({
      origin: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
      'sec-websocket-protocol': 'v5.channel.k8s.io',
    });
    expect(JSON.stringify(requests[0]?.rawHeaders)).not.toMatch(/cookie|forwarded|bearer/i);
    await open({ origin: 'https://evil.example' });
    expect(requests[1]?.headers.origin).toBe('https://evil.example');
  });

  it('is counted among the transfers of Connector and client until it ends', async () => {
    await start({ settings: { maxTransfersPerClient: 1 } });
    const client = await open();
    expect((await world.send(`${BASE}/a`)).status).toBe(429);
    client.close();
    await until(async () => (await world.send(`${BASE}/a`)).status === 426);
  });

  it('ends upstream when the client goes away, and for the client when the service does', async () => {
    await start();
    (await open()).terminate();
    const [first] = [...sockets.clients];
    await until(() => first?.readyState === WebSocket.CLOSED);
    expect(await ended()).toMatchObject({ status: 101 });

    const client = await open();
    for (const socket of sockets.clients) {
      socket.terminate();
    }
    await once(client, 'close');
  });

  it('that nothing moves on is ended after the idle limit', async () => {
    await start({ settings: { idleTimeout: 300 } });
    await once(await open(), 'close');
    expect(await ended()).toMatchObject({ status: 101, outcome: 'idle' });
  });

  it('that is not answered within the idle limit is 504', async () => {
    service.removeAllListeners('upgrade').on('upgrade', (_request, socket: Socket) => {
      upstreams.push(socket.resume().on('end', () => socket.end()));
    });
    await start({ settings: { idleTimeout: 300 } });
    const client = await RawClient.ask(world);
    expect((await client.closed()).status).toBe(504);
    await until(() => upstreams[0]?.closed === true);
  });

  it.each(['client', 'service'])('holds the one back while the other does not read: the %s', async (silent) => {
    service.removeAllListeners('upgrade').on('upgrade', (_request, socket) => {
      upstreams.push(socket);
      socket.on('error', () => undefined);
      socket.write(`${ACCEPTED}\r\n`);
    });
    await start({ settings: { idleTimeout: 500 } });
    const { socket } = await RawClient.ask(world);
    const upstream = await eventually(() => upstreams[0]);
    const [reader, writer] = silent === 'client' ? [socket, upstream] : [upstream, socket];
    reader.pause();
    let written = 0;
    const chunk = Buffer.alloc(256 * 1024);
    const pump = (): void => {
      for (let more = true; more && written < 256 * 1024 * 1024; written += chunk.length) {
        more = writer.write(chunk);
      }
    };
    writer.on('drain', pump);
    pump();
    expect(await ended()).toMatchObject({ outcome: 'idle' });
    // What the kernel and the proxy hold is some MiB.
    expect(written).toBeLessThan(64 * 1024 * 1024);
    expect(Number((await ended())[silent === 'client' ? 'bytesOut' : 'bytesIn'])).toBeGreaterThan(100_000);
  });

  it('may go on for the grace when the proxy stops, and is closed then', async () => {
    await start({ settings: { grace: 1_000 } });
    const client = await open();
    const stopped = world.proxy.stop();
    expect((await exchange(client, 'still here')).toString()).toBe('still here');
    await once(client, 'close');
    await stopped;
    expect(await ended()).toMatchObject({ status: 101, outcome: 'shutdown' });
    await until(() => [...sockets.clients].length === 0);
  });

  describe('C12: of a client who may not have it any more', () => {
    let clock: ManualClock;

    beforeEach(async () => {
      clock = new ManualClock(Date.now());
      await start({ clock });
    });

    /** Goes on by a minute, and waits until the question of that minute is answered: by the end, or by waiting for the next. */
    async function pass(client: WebSocket): Promise<void> {
      const minutes = (): number => clock.timers.filter((ms) => ms === 60_000).length;
      const waiting = minutes();
      clock.advance(60_000);
      await until(() => minutes() === waiting || client.readyState === WebSocket.CLOSED);
    }

    const takePermission = (): void =>
      world.kube.delete({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        namespace: 'platform',
        name: 'pusher-connectors-pusher',
      });

    it.each<[string, () => void]>([
      ['the permission for the upgrade', () => (world.bind('pusher', 'connectors-puller'), takePermission())],
      ['all permissions', takePermission],
      ['the ServiceAccount', () => world.kube.delete({ apiVersion: 'v1', kind: 'ServiceAccount', namespace: 'team', name: 'pusher' })],
      ['the permission of the class', () => applyService(world, {})],
      [
        'the Connector',
        () => world.kube.delete({ apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', namespace: 'platform', name: 'service' }),
      ],
    ])('ends within a minute, not before: %s is taken away', async (_what, takeAway) => {
      const client = await open();
      await pass(client);
      expect((await exchange(client, 'asked again')).toString()).toBe('asked again');
      takeAway();
      expect((await exchange(client, 'not asked yet')).toString()).toBe('not asked yet');
      // What comes by a watch may come a moment later: the question of the next minute finds it.
      while (client.readyState === WebSocket.OPEN) {
        await pass(client);
      }
      expect(await ended()).toMatchObject({ status: 101, outcome: 'permission-ended', code: 'PermissionDenied' });
    });

    it('ends with the token', async () => {
      const client = await open({ token: world.token('pusher', { expirationSeconds: 630 }) });
      for (let minute = 0; minute < 9; minute += 1) {
        await pass(client);
        await exchange(client, 'valid');
      }
      clock.advance(91_000);
      await until(() => {
        clock.advance(1);
        return client.readyState === WebSocket.CLOSED;
      });
      expect(await ended()).toMatchObject({ outcome: 'permission-ended' });
    });
  });
});
