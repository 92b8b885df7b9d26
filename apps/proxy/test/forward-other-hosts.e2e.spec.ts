import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { until } from '@oci-connector/testing-kit';
import { ForwardWorld, openTunnel, PORTS, readAnswer, sendOn } from './forward-world';

/** The only address that hosts of no Connector may have here. Not the address of the API server, which is always refused. */
const OTHER = '127.0.0.2';
const HOST = 'files.example';

/** Hosts of no Connector: where the proxy connects to, and what it refuses. */
describe('a host of no Connector', () => {
  let forward: ForwardWorld;
  let raw: Server;
  let web: HttpServer;
  /** The connections that arrived at {@link raw}, and all that was received on each. */
  let arrived: { readonly socket: Socket; text: string; ended: boolean }[];
  let received: IncomingMessage[];
  let onConnection: (socket: Socket) => void;
  let rawPort: number;
  let webPort: number;

  beforeAll(async () => {
    arrived = [];
    received = [];
    raw = createServer({ allowHalfOpen: true }, (socket) => {
      const connection = { socket, text: '', ended: false };
      arrived.push(connection);
      socket.on('data', (chunk: Buffer) => (connection.text += chunk.toString('latin1')));
      socket.on('end', () => (connection.ended = true));
      socket.on('error', () => undefined);
      onConnection(socket);
    }).listen(0, OTHER);
    web = createHttpServer((request, response) => {
      received.push(request);
      response.end('hello');
    }).listen(0, OTHER);
    await Promise.all([once(raw, 'listening'), once(web, 'listening')]);
    [rawPort, webPort] = [raw, web].map((server) => (server.address() as AddressInfo).port) as [number, number];
    forward = await ForwardWorld.start({
      otherHostsAllowCidrs: [OTHER],
      otherHostsPorts: ['443', '80', String(rawPort), String(webPort)],
    });
    // A Connector that the clients name; none of the hosts here is its.
    await forward.connect('https://registry.example');
  });

  beforeEach(() => {
    arrived.length = 0;
    received.length = 0;
    forward.lookups.length = 0;
    onConnection = () => undefined;
    forward.names[HOST] = [OTHER];
  });

  afterEach(async () => {
    forward.closeSockets();
    await until(() => arrived.every(({ socket }) => socket.destroyed || socket.destroy()));
  });

  afterAll(async () => {
    await forward.close();
    raw.close();
    web.closeAllConnections();
    web.close();
  });

  describe.each(PORTS)('on the %s port', (port) => {
    it('is tunnelled byte for byte, and neither token nor user reach it', async () => {
      onConnection = (socket) => socket.write('first words of the server');
      const socket = await forward.plainTunnel(`${HOST}:${rawPort}`, { port });
      const [greeting] = (await once(socket, 'data')) as [Buffer];
      expect(greeting.toString()).toBe('first words of the server');
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1');
      socket.write(bytes, 'latin1');
      await until(() => arrived[0]?.text.length === 256);
      expect(arrived.map(({ text }) => text)).toEqual([bytes]);
      expect(forward.lookups).toEqual([HOST]);
    });

    it('gets what a client sent with the CONNECT, and a pipelined CONNECT is data of the tunnel', async () => {
      const socket = await forward.dial(port);
      const login = forward.login()['proxy-authorization'] ?? '';
      const next = `CONNECT second.example:443 HTTP/1.1\r\nHost: second.example:443\r\n\r\n`;
      socket.write(`CONNECT ${HOST}:${rawPort} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: ${login}\r\n\r\n${next}`);
      expect((await readAnswer(socket)).status).toBe(200);
      await until(() => arrived[0]?.text === next);
      expect(forward.lookups).toEqual([HOST]);
    });

    it.each(['HTTP/1.0', 'HTTP/1.1'])('%s CONNECT is served', async (version) => {
      const socket = await forward.dial(port);
      const login = forward.login()['proxy-authorization'] ?? '';
      socket.write(`CONNECT ${HOST}:${rawPort} ${version}\r\nHost: x\r\nProxy-Authorization: ${login}\r\n\r\n`);
      expect((await readAnswer(socket)).status).toBe(200);
      socket.write('hello');
      await until(() => arrived[0]?.text === 'hello');
    });

    it('ends its connection after the client ended, and the other way round', async () => {
      const one = await forward.plainTunnel(`${HOST}:${rawPort}`, { port });
      one.end('last words');
      await until(() => arrived[0]?.ended === true);
      expect(arrived[0]?.text).toBe('last words');
      onConnection = (socket) => socket.end('bye');
      const two = await forward.plainTunnel(`${HOST}:${rawPort}`, { port });
      let text = '';
      two.on('data', (chunk: Buffer) => (text += chunk.toString()));
      await once(two, 'close');
      expect(text).toBe('bye');
    });

    it.each([
      '127.0.0.1',
      '127.0.0.1.',
      '127.1',
      '2130706433',
      '0177.0.0.1',
      '017700000001',
      '0x7f000001',
      '0x7f.1',
      '0.0.0.0',
      '0',
      '169.254.169.254',
      '169.254.169.254.',
      '169.16689662',
      '2852039166',
      '0xa9fea9fe',
      '0251.0376.0251.0376',
      '10.0.0.1',
      '172.16.0.1',
      '192.168.0.1',
      '100.64.0.1',
      '100.100.100.200',
      '168.63.129.16',
      '224.0.0.1',
      '255.255.255.255',
      '192.0.0.192',
      '192.0.2.1',
      '192.88.99.1',
      '198.18.0.1',
      '240.0.0.1',
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[::ffff:169.254.169.254]',
      '[::ffff:10.0.0.1]',
      '[::ffff:0:127.0.0.1]',
      '[::127.0.0.1]',
      '[64:ff9b::127.0.0.1]',
      '[64:ff9b::7f00:1]',
      '[64:ff9b::a00:1]',
      '[64:ff9b::169.254.169.254]',
      '[64:ff9b:1::1]',
      '[2002:7f00:1::]',
      '[2002:a9fe:a9fe::1]',
      '[2002:a00:1::1]',
      '[2001:0:1::1]',
      '[2001:0:4136:e378:8000:63bf:80ff:fffe]',
      '[2001:db8::1]',
      '[100::1]',
      '[fec0::1]',
      '[ff02::1]',
      '[fd00::1]',
      '[fd20:ce::254]',
      '[fe80::1]',
      '[fd00:ec2::254]',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
      'redis.team.svc.cluster.local.',
      'redis.team.svc',
      'localhost',
      'localhost.',
      'LocalHost',
      'svc',
      'Redis.Team.SVC.Cluster.Local',
      'kubernetes',
    ])('%s is refused with 403, before a name is looked up and a connection made (C9)', async (host) => {
      const tunnel = await forward.askTunnel(`${host}:443`, { port });
      expect({ status: tunnel.status, body: tunnel.body }).toEqual({
        status: 403,
        body: expect.stringMatching(/^no connection to \S+:443: it (?:is|belongs) /) as string,
      });
      // The URL parser of the client would normalise the host; the proxy has to.
      const answer = await sendOn(await forward.dial(port), { path: `http://${host}/`, headers: { host, ...forward.login() } });
      expect(answer.status).toBe(403);
      expect([arrived.length, received.length, forward.lookups]).toEqual([0, 0, []]);
    });

    it.each([
      ['a private address', ['10.1.2.3']],
      ['the metadata service', ['169.254.169.254']],
      ['a public and a private address', ['93.184.216.34', '10.1.2.3']],
      ['an allowed address and the loopback', [OTHER, '127.0.0.1']],
      ['a mapped loopback', ['::ffff:127.0.0.1']],
      ['NAT64 of a private address', ['64:ff9b::10.1.2.3']],
    ])('a name with %s is refused with 403, which does not tell the addresses (C9)', async (_name, addresses) => {
      forward.names['inside.example'] = addresses;
      const tunnel = await forward.askTunnel(`inside.example:${rawPort}`, { port });
      const answer = await forward.sendAbsolute(`http://inside.example:${webPort}/`, { port });
      expect([tunnel.status, answer.status]).toEqual([403, 403]);
      for (const text of [tunnel.body, tunnel.reason, answer.body]) {
        expect(text).toContain('inside.example');
        expect(addresses.filter((address) => text.includes(address))).toEqual([]);
      }
      expect([arrived.length, received.length]).toEqual([0, 0]);
    });

    it('a name that changes between check and use: the checked address is used (C9)', async () => {
      let asked = 0;
      Object.defineProperty(forward.names, 'rebind.example', { configurable: true, get: () => [(asked += 1) === 1 ? OTHER : '127.0.0.1'] });
      await forward.plainTunnel(`rebind.example:${rawPort}`, { port });
      await until(() => arrived.length === 1);
      expect(asked).toBe(1);
      asked = 0;
      expect((await forward.sendAbsolute(`http://rebind.example:${webPort}/`, { port })).body).toBe('hello');
      expect(asked).toBe(1);
    });

    it.each(['c-span.org', 'c-absent.platform'])(
      '%s, which has the form of the short name of a Connector, is a host like any other',
      async (host) => {
        forward.names[host] = [OTHER];
        expect((await openTunnel(await forward.dial(port), `${host}:443`, {})).status).toBe(407);
        expect(forward.lookups).toEqual([]);
        expect((await forward.askTunnel(`${host}:443`, { port })).status).toBe(502);
        await forward.plainTunnel(`${host}:${rawPort}`, { port });
        await until(() => arrived.length === 1);
        expect((await forward.sendAbsolute(`http://${host}:${webPort}/`, { port })).body).toBe('hello');
        expect(forward.lookups).toEqual([host, host, host]);
      },
    );

    it('an answer 101 that was not asked for: 502', async () => {
      onConnection = (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      const answer = await forward.sendAbsolute(`http://${HOST}:${rawPort}/`, { port });
      expect([answer.status, answer.headers.upgrade]).toEqual([502, undefined]);
      expect(arrived).toHaveLength(1);
      await until(() => arrived.every(({ ended, socket }) => ended || socket.destroyed));
    });

    it('a port that is not in the list is refused with 403, which names the setting, before the name is looked up', async () => {
      const tunnel = await forward.askTunnel(`${HOST}:22`, { port });
      expect({ status: tunnel.status, body: tunnel.body }).toEqual({
        status: 403,
        body: expect.stringContaining('OCI_CONNECTOR_PROXY_OTHER_HOSTS_PORTS') as string,
      });
      expect((await forward.sendAbsolute(`http://${HOST}:22/`, { port })).status).toBe(403);
      expect(forward.lookups).toEqual([]);
    });

    it('a refusal names host and reason in the reason phrase, and leaves the connection usable', async () => {
      const socket = await forward.dial(port);
      for (let count = 0; count < 15; count += 1) {
        const { status, reason } = await openTunnel(socket, '10.0.0.1:443', forward.login());
        expect({ status, reason }).toEqual({ status: 403, reason: expect.stringContaining('no connection to 10.0.0.1:443') as string });
      }
      expect((await openTunnel(socket, `${HOST}:${rawPort}`, forward.login())).status).toBe(200);
    });

    it('a name without an address: 502, which names the host', async () => {
      const tunnel = await forward.askTunnel('absent.example:443', { port });
      expect({ status: tunnel.status, body: tunnel.body }).toEqual({
        status: 502,
        body: expect.stringContaining('absent.example') as string,
      });
      const answer = await forward.sendAbsolute('http://absent.example/', { port });
      expect({ status: answer.status, body: answer.body }).toEqual({
        status: 502,
        body: expect.stringContaining('absent.example') as string,
      });
    });

    it('a host that refuses the connection: 502; one that resets an open tunnel ends it', async () => {
      forward.names['dead.example'] = [OTHER];
      const dead = await forward.askTunnel('dead.example:443', { port });
      expect({ status: dead.status, body: dead.body }).toEqual({
        status: 502,
        body: expect.stringContaining('dead.example:443') as string,
      });
      expect((await forward.sendAbsolute('http://dead.example/', { port })).status).toBe(502);
      onConnection = (socket) => setImmediate(() => socket.resetAndDestroy());
      const socket = await forward.plainTunnel(`${HOST}:${rawPort}`, { port });
      socket.resume();
      await once(socket, 'close');
    });
  });

  it('the log has one line for a tunnel, with its bytes and host, and neither path nor token', async () => {
    onConnection = (socket) => socket.once('end', () => socket.end());
    const socket = await forward.plainTunnel(`${HOST}:${rawPort}`);
    socket.end('12345');
    await once(socket.resume(), 'close');
    const line = await untilLogged(() =>
      forward.world.accesses.find(({ host, bytesIn }) => host === `${HOST}:${rawPort}` && bytesIn === 5),
    );
    expect(line).toMatchObject({
      mode: 'forward',
      action: 'tunnel',
      method: 'CONNECT',
      route: 'CONNECT',
      status: 200,
      client: 'team/puller',
      outcome: 'ok',
    });
  });

  async function untilLogged(find: () => Record<string, unknown> | undefined): Promise<Record<string, unknown>> {
    await until(() => find() !== undefined);
    return find() ?? {};
  }
});
