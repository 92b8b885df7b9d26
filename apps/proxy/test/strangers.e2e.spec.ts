import { once } from 'node:events';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Agent, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Clock } from '@oci-connector/clock';
import { JumpingClock, ManualClock, type ReceivedResponse, sendRequest, until } from '@oci-connector/testing-kit';
import { type FixtureRegistry, startFixtureRegistry } from '@oci-connector/testing-registry';
import { ATTACKER, HONEST, LISTENS_ON } from './peers';
import { basic, prefix, ProxyWorld } from './proxy-world';

/** A limit that only a clock that is put forward reaches. */
const LONG_IDLE_MS = 60_000;

/** For what the timers of Node.js end: far longer than a busy machine needs to accept a token. */
const IDLE_MS = 5_000;
const FLOOD = 1_150;

describe('what strangers can make the proxy keep', () => {
  let clock: JumpingClock;
  let world: ProxyWorld;
  let registry: FixtureRegistry;
  const sockets: Socket[] = [];

  async function start(settings: NonNullable<Parameters<typeof ProxyWorld.start>[0]>['settings'] = {}, its: Clock = clock): Promise<void> {
    world = await ProxyWorld.start({ clock: its, settings: { host: LISTENS_ON, ...settings } });
    registry = await startFixtureRegistry();
    await world.connect(registry);
  }

  beforeEach(() => {
    clock = new JumpingClock();
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) {
      socket.destroy();
    }
    world.kube.faults.clear();
    await world.close();
    await registry.close();
  });

  const tags = `${prefix()}/team/app/tags/list`;
  const metrics = async (): Promise<string> => (await sendRequest(`${world.proxy.adminUrl}/metrics`)).body.toString();
  const reviews = (): number => world.kube.requests.entries.filter(({ resource }) => resource === 'tokenreviews').length;

  function open(peer = HONEST): Socket {
    const socket = connect({ port: world.proxy.httpPort, ...peer }).on('error', () => undefined);
    sockets.push(socket);
    return socket;
  }

  /** The head of a request that asks with a token, or without one. */
  const head = (authorization?: string): string =>
    `GET /v2/ HTTP/1.1\r\nHost: a\r\n${authorization ? `Authorization: ${authorization}\r\n` : ''}\r\n`;

  /** Sends a request and resolves with the first line of its answer; the connection stays open. */
  function ask(socket: Socket, authorization?: string): Promise<string> {
    return new Promise((resolve) => {
      socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1').split('\r\n', 1)[0] ?? ''));
      socket.once('close', () => resolve('closed'));
      socket.write(head(authorization));
    });
  }

  describe('a flood of forged tokens', () => {
    /** Distinct, with all claims of a real one. */
    function forge(index: number): string {
      const [header = '', payload = '', signature = ''] = world.token('puller').split('.');
      const claims = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), jti: `forged-${index}` };
      return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    }

    function flood(): Promise<ReceivedResponse>[] {
      const agent = new Agent({ localAddress: ATTACKER.localAddress });
      const connectTo = { host: ATTACKER.host, port: world.proxy.httpPort };
      return Array.from({ length: FLOOD }, (_, index) =>
        sendRequest(`http://localhost${tags}`, { agent, connectTo, headers: { authorization: `Bearer ${forge(index)}` } }),
      );
    }

    it('makes only its own requests wait or fail, where the keys of tokens cannot be read', async () => {
      // However long the flood takes, no review runs into its time limit, and none that was answered is too old.
      await start({}, new ManualClock(Date.now()));
      world.kube.delete({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        name: 'system:service-account-issuer-discovery',
      });
      // Whatever was read before is thrown away by another proxy only.
      await Promise.all(world.proxies.splice(0).map((proxy) => proxy.stop()));
      await world.addProxy();
      const confirmed = { as: null, headers: { authorization: `Bearer ${world.token('puller')}` } };
      expect((await world.send(tags, confirmed)).status).toBe(404);

      world.kube.faults.pause({ resource: 'tokenreviews' });
      let refused = 0;
      const statuses = flood().map((answer) => answer.then(({ status }) => ((refused += status === 503 ? 1 : 0), status)));
      await until(() => refused > 0);
      const others = Array.from({ length: 8 }, () => world.send(tags, { as: 'puller' }).then(({ status }) => status));
      // No token of the flood goes to the API server any more, and one that was accepted before need not even be asked about.
      expect((await world.send(tags, confirmed)).status).toBe(404);
      world.kube.faults.resume();
      expect(await Promise.all(others)).toEqual(Array(8).fill(404));
      const ends = new Set(await Promise.all(statuses));
      expect(ends).toEqual(new Set([401, 503]));
    });

    it('costs the API server nothing where it publishes its keys', async () => {
      await start();
      // A stranger's first token has them read.
      await until(() => world.kube.requests.entries.some(({ path, status }) => path === '/openid/v1/jwks' && status === 200));
      await until(async () => {
        const before = reviews();
        return (
          (await world.send(tags, { as: null, headers: { authorization: `Bearer ${forge(-1)}` } })).status === 401 && reviews() === before
        );
      });
      const before = reviews();
      const ends = await Promise.all(flood().map((answer) => answer.then(({ status }) => status)));
      expect({ ends: new Set(ends), reviews: reviews() - before }).toEqual({ ends: new Set([401]), reviews: 0 });
      expect((await world.send(tags, { as: 'pusher' })).status).toBe(404);
    });
  });

  it("of a stranger's body no more is read than one piece until the token is accepted", async () => {
    await start();
    const requests: IncomingMessage[] = [];
    const started = (message: unknown): number => requests.push((message as { request: IncomingMessage }).request);
    subscribe('http.server.request.start', started);
    const path = (await world.send(`${prefix()}/team/app/blobs/uploads/`, { method: 'POST' })).headers.location ?? '';
    world.kube.faults.pause({ resource: 'tokenreviews' });
    const body = Buffer.alloc(20 * 1024 * 1024);
    const sent = world.send(path, { method: 'PATCH', body, headers: { 'content-type': 'application/octet-stream' } });
    const isHeld = ({ method, readableLength }: IncomingMessage): boolean => method === 'PATCH' && readableLength > 0;
    await until(() => requests.some(isHeld));
    // What the kernel has for the proxy would be read within these turns.
    for (let turn = 0; turn < 500; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    unsubscribe('http.server.request.start', started);
    expect(requests.find(isHeld)?.readableLength).toBeLessThanOrEqual(64 * 1024);
    world.kube.faults.resume();
    expect((await sent).status).toBe(202);
    expect(world.accesses.at(-1)?.['bytesIn']).toBe(body.length);
  });

  describe('connections without a token', () => {
    it.each<[string, number, (socket: Socket) => Promise<unknown>]>([
      ['that say nothing', LONG_IDLE_MS, async (socket) => void (await once(socket, 'connect'))],
      ['that were answered 401 on /v2/', LONG_IDLE_MS, async (socket) => expect(await ask(socket)).toBe('HTTP/1.1 401 Unauthorized')],
      ['with a refused token', LONG_IDLE_MS, async (socket) => expect(await ask(socket, 'Bearer a.b.c')).toBe('HTTP/1.1 401 Unauthorized')],
      // Node.js looks twice whether bytes of a write went.
      ['that read no answer', IDLE_MS / 2, async (socket) => void socket.pause().write(head().repeat(12_000))],
    ])('are closed after the limit: those %s', async (_what, unauthenticatedIdle, prepare) => {
      await start({ unauthenticatedIdle });
      const known = open();
      expect(await ask(known, basic(world.token('puller')))).toBe('HTTP/1.1 200 OK');
      const stranger = open();
      await prepare(stranger);
      if (unauthenticatedIdle === LONG_IDLE_MS) {
        await until(async () => (await metrics()).includes('connectors_proxy_client_connections{listener="http"} 2'));
        clock.jump(LONG_IDLE_MS);
      }
      await until(async () => (await metrics()).includes('connectors_proxy_closed_connections_total{listener="http",reason="idle"} 1'));
      await until(async () => (await metrics()).includes('connectors_proxy_client_connections{listener="http"} 1'));
      expect(await ask(known, basic(world.token('puller')))).toBe('HTTP/1.1 200 OK');
    });

    it('are closed after the limit before and after their TLS handshake, and kept once a token was accepted', async () => {
      await start({ unauthenticatedIdle: IDLE_MS });
      const { httpsPort } = world.proxy;
      const raw = connect(httpsPort, '127.0.0.1').on('error', () => undefined);
      const tls = (): Socket =>
        connectTls({ port: httpsPort, host: '127.0.0.1', ca: world.ca.certificate, servername: 'c-registry.platform.svc' }).on(
          'error',
          () => undefined,
        );
      const [silent, known] = [tls(), tls()];
      sockets.push(raw, silent, known);
      expect(await ask(known, basic(world.token('puller')))).toBe('HTTP/1.1 200 OK');
      await until(() => raw.closed && silent.closed);
      expect(known.closed).toBe(false);
    });

    it('make room for new ones when the listener is full, the longest idle first; nobody with a token does', async () => {
      await start({ maxConnections: 4 });
      const known = open();
      await ask(known, basic(world.token('puller')));
      const strangers = [open(), open(), open()];
      for (const stranger of strangers) {
        await ask(stranger);
      }
      const another = open();
      expect(await ask(another, basic(world.token('puller')))).toBe('HTTP/1.1 200 OK');
      await until(() => strangers.some(({ closed }) => closed));
      expect([known, ...strangers, another].map(({ closed }) => closed)).toEqual([false, true, false, false, false]);
      expect(await metrics()).toContain('connectors_proxy_closed_connections_total{listener="http",reason="shed"} 1');
    });

    it('make room for their own peer when that is full, and for no others; then new ones are refused', async () => {
      await start({ maxConnectionsPerPeer: 2 });
      const attackers = [open(ATTACKER), open(ATTACKER)];
      for (const attacker of attackers) {
        await ask(attacker);
      }
      const honest = open();
      expect(await ask(honest, basic(world.token('puller')))).toBe('HTTP/1.1 200 OK');
      const next = open(ATTACKER);
      expect(await ask(next, basic(world.token('puller')))).toBe('HTTP/1.1 200 OK');
      await until(() => attackers[0]?.closed === true);
      expect(await ask(open(ATTACKER), basic(world.token('puller')))).toBe('HTTP/1.1 200 OK');
      expect(await ask(open(ATTACKER), basic(world.token('puller')))).toBe('closed');
      expect(honest.closed).toBe(false);
      expect(await metrics()).toContain('connectors_proxy_closed_connections_total{listener="http",reason="refused"} 1');
    });
  });
});
