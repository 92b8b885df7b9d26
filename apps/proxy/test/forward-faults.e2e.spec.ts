import { type ServerResponse } from 'node:http';
import { JumpingClock, LoopbackServer, TcpServer, TestCertificateAuthority, until, unusedPort } from '@oci-connector/testing-kit';
import { type FixtureRegistry } from '@oci-connector/testing-registry';
import { ForwardWorld, sendOn } from './forward-world';
import { CLIENTS, CONNECTORS } from './proxy-world';

const HOST = 'registry.example';
const IDLE_MS = 1_500;

/** What happens in open tunnels when upstreams fail, and when the client's rights end. */
describe('an open tunnel', () => {
  let forward: ForwardWorld;
  let registry: FixtureRegistry;
  let clock: JumpingClock;
  let authority: string;

  beforeAll(async () => {
    clock = new JumpingClock();
    forward = await ForwardWorld.start({ idleTimeout: IDLE_MS }, clock);
    registry = await forward.addRegistry(HOST);
    authority = `${HOST}:${registry.port}`;
    await forward.connect(`https://${authority}`);
  });

  afterEach(() => forward.closeSockets());

  afterAll(() => forward.close());

  const user = (name: string): string => `${CONNECTORS}/${name}`;
  const errorOf = (body: string): { code: string; message: string } =>
    (JSON.parse(body) as { errors: [{ code: string; message: string }] }).errors[0];

  describe('with an upstream that', () => {
    const servers: { close(): Promise<void> }[] = [];

    afterEach(async () => {
      await Promise.all(servers.splice(0).map((server) => server.close()));
    });

    /** Creates the Connector `faulty` at a port, and asks for a list through a tunnel. */
    async function ask(name: string, upstreamPort: number): ReturnType<typeof sendOn> {
      const host = `${name}.example`;
      forward.names[host] = ['127.0.0.1'];
      const to = `${host}:${upstreamPort}`;
      await forward.connect(`https://${to}`, { name });
      const socket = await forward.tunnel(to, { user: user(name) });
      return sendOn(socket, { path: '/v2/team/app/tags/list', headers: { host: to } });
    }

    it('is dead: 502', async () => {
      const answer = await ask('dead', await unusedPort());
      expect([answer.status, errorOf(answer.body).code, answer.headers.connection]).toEqual([502, 'UNKNOWN', 'keep-alive']);
      expect(errorOf(answer.body).message).toContain('dead.example');
    });

    it('resets: 502', async () => {
      const server = await TcpServer.start((socket) => socket.once('data', () => socket.resetAndDestroy()));
      servers.push(server);
      expect((await ask('resets', server.port)).status).toBe(502);
    });

    it('is silent: 504 at the idle limit', async () => {
      const tls = await forward.registryCa.issue({ names: ['silent.example'] });
      const server = await TcpServer.start((socket) => socket.resume(), { tls });
      servers.push(server);
      const answer = await ask('silent', server.port);
      expect({ status: answer.status, ...errorOf(answer.body) }).toEqual({
        status: 504,
        code: 'UNKNOWN',
        message: 'the registry did not answer within the idle limit; try again',
      });
      await until(() => server.open.size === 0);
    });

    it('is slow: served as long as bytes arrive, for longer than the idle limit', async () => {
      let answering: ServerResponse | undefined;
      const server = await LoopbackServer.start(
        ({ url = '' }, response) => {
          if (url === '/v2/') {
            response.end();
          } else {
            answering = response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': '6' });
            response.write('x');
          }
        },
        { tls: await forward.registryCa.issue({ names: ['slow.example'] }) },
      );
      servers.push(server);
      const to = `slow.example:${server.port}`;
      forward.names['slow.example'] = ['127.0.0.1'];
      await forward.connect(`https://${to}`, { name: 'slow' });
      const socket = await forward.tunnel(to, { user: user('slow') });
      let received = '';
      socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
      socket.write(`GET /v2/team/app/blobs/sha256:${'a'.repeat(64)} HTTP/1.1\r\nHost: ${to}\r\n\r\n`);
      for (let piece = 1; piece <= 6; piece += 1) {
        await until(() => received.endsWith('\r\n\r\n' + 'x'.repeat(piece)));
        clock.jump(IDLE_MS / 2);
        if (piece < 6) {
          answering?.write('x');
        }
      }
      expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    });

    it('answers 101 that was not asked for: 502, and its connection ends', async () => {
      const server = await TcpServer.start(
        (socket) =>
          socket.once('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nraw')),
        { tls: await forward.registryCa.issue({ names: ['switching.example'] }) },
      );
      servers.push(server);
      const answer = await ask('switching', server.port);
      expect([answer.status, answer.headers.upgrade, answer.body.includes('raw')]).toEqual([502, undefined, false]);
      await until(() => server.open.size === 0);
    });

    it('has a certificate of an unknown authority, or for another host: 424, and gets no request', async () => {
      const unknown = await TestCertificateAuthority.create({ name: 'unknown' });
      for (const [name, tls] of [
        ['unknown', await unknown.issue({ names: ['unknown.example'] })],
        ['misnamed', await forward.registryCa.issue({ names: ['other.example'] })],
      ] as const) {
        const server = await LoopbackServer.start((_request, response) => response.end(), { tls });
        servers.push(server);
        const answer = await ask(name, server.port);
        expect([answer.status, server.requests.length]).toEqual([424, 0]);
      }
    });

    it('needs a server name: gets that of the address', async () => {
      const server = await LoopbackServer.start((_request, response) => response.writeHead(404).end(), {
        tls: await forward.registryCa.issue({ names: ['needs-sni.example'] }),
      });
      servers.push(server);
      await ask('needs-sni', server.port);
      expect(new Set(server.requests.map(({ servername }) => servername))).toEqual(new Set(['needs-sni.example']));
    });

    it('changes its address while a tunnel is open: 403 or 421, and nothing is sent to the old one', async () => {
      const moved = await forward.addRegistry('moved.example');
      const to = `moved.example:${moved.port}`;
      await forward.connect(`https://${to}`, { name: 'moved' });
      const socket = await forward.tunnel(to, { user: user('moved') });
      moved.clearRequests();
      await forward.connect(`https://${authority}`, { name: 'moved' });
      await until(async () => (await forward.askTunnel(to, { user: user('moved') })).status !== 200);
      const answer = await sendOn(socket, { path: '/v2/team/app/tags/list', headers: { host: to } });
      expect([403, 421]).toContain(answer.status);
      expect(moved.requests).toEqual([]);
    });
  });

  // The last ones, because they advance the clock.
  it('C12 late revocation: a revoked permission ends the next request in an open tunnel with 403, and the next tunnel is 403', async () => {
    const role = { name: 'late', namespace: CLIENTS };
    forward.world.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: role });
    forward.world.bind('late', 'connectors-puller');
    const token = forward.world.kube.issueToken({ ...role, audiences: ['connectors-proxy'] });
    const socket = await forward.tunnel(authority, { token });
    const get = (): ReturnType<typeof sendOn> => sendOn(socket, { path: '/v2/team/app/tags/list', headers: { host: authority } });
    expect((await get()).status).toBe(404);
    forward.world.kube.delete({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      namespace: CONNECTORS,
      name: 'late-connectors-puller',
    });
    clock.jump(11_000);
    registry.clearRequests();
    const refused = await get();
    expect([refused.status, refused.headers.connection, refused.headers['www-authenticate'], refused.body.includes('"DENIED"')]).toEqual([
      403,
      'close',
      undefined,
      true,
    ]);
    expect(registry.requests).toEqual([]);
    expect((await forward.askTunnel(authority, { token })).status).toBe(403);
  });

  it('C12 late revocation: a token that expires in an open tunnel: 403 DENIED, and 407 for the next tunnel', async () => {
    const token = forward.world.token('puller', { expirationSeconds: 600 });
    const socket = await forward.tunnel(authority, { token });
    const get = (): ReturnType<typeof sendOn> => sendOn(socket, { path: '/v2/team/app/tags/list', headers: { host: authority } });
    expect((await get()).status).toBe(404);
    clock.jump(601_000);
    registry.clearRequests();
    const refused = await get();
    expect([refused.status, refused.headers.connection, refused.headers['proxy-authenticate'], refused.body.includes('"DENIED"')]).toEqual([
      403,
      'close',
      undefined,
      true,
    ]);
    expect(registry.requests).toEqual([]);
    const next = await forward.askTunnel(authority, { token });
    expect([next.status, next.headers['proxy-authenticate']]).toEqual([407, 'Basic realm="connectors"']);
  });
});
