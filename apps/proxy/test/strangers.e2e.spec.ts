import { once } from 'node:events';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Clock } from '@oci-connector/clock';
import { JumpingClock, ManualClock, type ReceivedResponse, sendRequest, until } from '@oci-connector/testing-kit';
import { type FixtureRegistry, startFixtureRegistry } from '@oci-connector/testing-registry';
import { ATTACKER, HONEST, LISTENS_ON } from './peers';
import { basic, prefix, ProxyWorld } from './proxy-world';
import { requestWithoutReading } from './raw-exchange';

/** A limit that only the test clock reaches. */
const LONG_IDLE_MS = 60_000;

/** A limit for the timers of Node.js, much longer than a busy machine needs to accept a token. */
const IDLE_MS = 5_000;
const FLOOD = 1_150;

describe('resources that unknown clients can use', () => {
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

  /** Returns the head of a request with or without a token. */
  const head = (authorization?: string): string =>
    `GET /v2/ HTTP/1.1\r\nHost: a\r\n${authorization ? `Authorization: ${authorization}\r\n` : ''}\r\n`;

  /** Sends a request and resolves with the first line of its response. The connection stays open. */
  function ask(socket: Socket, authorization?: string): Promise<string> {
    return new Promise((resolve) => {
      socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1').split('\r\n', 1)[0] ?? ''));
      socket.once('close', () => resolve('closed'));
      socket.write(head(authorization));
    });
  }

  describe('a flood of forged tokens', () => {
    /** Creates a distinct token with all claims of a real one. */
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

    it('delays and refuses only its own requests if the keys of tokens cannot be read', async () => {
      // For any duration of the flood, no review exceeds its time limit and no cached result expires.
      await start({}, new ManualClock(Date.now()));
      world.kube.delete({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        name: 'system:service-account-issuer-discovery',
      });
      // A new proxy has not read the keys yet.
      await Promise.all(world.proxies.splice(0).map((proxy) => proxy.stop()));
      await world.addProxy();
      const confirmed = { as: null, headers: { authorization: `Bearer ${world.token('puller')}` } };
      expect((await world.send(tags, confirmed)).status).toBe(404);

      world.kube.faults.pause({ resource: 'tokenreviews' });
      let refused = 0;
      const statuses = flood().map((answer) => answer.then(({ status }) => ((refused += status === 503 ? 1 : 0), status)));
      await until(() => refused > 0);
      const others = Array.from({ length: 8 }, () => world.send(tags, { as: 'puller' }).then(({ status }) => status));
      // No token of the flood is sent to the API server any more, and a token that was accepted before needs no review.
      expect((await world.send(tags, confirmed)).status).toBe(404);
      world.kube.faults.resume();
      expect(await Promise.all(others)).toEqual(Array(8).fill(404));
      const ends = new Set(await Promise.all(statuses));
      expect(ends).toEqual(new Set([401, 503]));
    });

    it('causes no request to the API server if it publishes its keys', async () => {
      await start();
      // The first unknown token makes the proxy read the keys.
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

  it('serves few of the requests with forged tokens that one connection sends without waiting for responses', async () => {
    await start();
    let underWay = 0;
    let most = 0;
    const begins = (): void => void (most = Math.max(most, (underWay += 1)));
    const ends = (): void => void (underWay -= 1);
    subscribe('http.server.request.start', begins);
    subscribe('http.server.response.finish', ends);
    world.kube.faults.pause({ resource: 'tokenreviews' });
    const token = (index: number): string => world.token('puller').replace(/.{8}$/, String(index).padStart(8, '0'));
    const client = open();
    await once(client, 'connect');
    client.write(Array.from({ length: 2_000 }, (_, index) => head(`Bearer ${token(index)}`)).join(''));
    await until(() => client.closed || underWay === 2_000);
    unsubscribe('http.server.request.start', begins);
    unsubscribe('http.server.response.finish', ends);
    expect({ most: most < 100, closed: client.closed }).toEqual({ most: true, closed: true });
    world.kube.faults.resume();
    expect((await world.send(tags, { as: 'puller' })).status).toBe(404);
  });

  it.each([true, false])('reads at most one chunk of a body until the token is accepted; body relay: %s', async (bodyRelay) => {
    await start({ bodyRelay, pushRelay: bodyRelay });
    const path = (await world.send(`${prefix()}/team/app/blobs/uploads/`, { method: 'POST' })).headers.location ?? '';
    const accepted: Socket[] = [];
    const arrived = (message: unknown): number => accepted.push((message as { socket: Socket }).socket);
    subscribe('net.server.socket', arrived);
    world.kube.faults.pause({ resource: 'tokenreviews' });
    const body = Buffer.alloc(20 * 1024 * 1024);
    const sent = world.send(path, { method: 'PATCH', body, headers: { 'content-type': 'application/octet-stream' } });
    const read = (): number =>
      Math.max(0, ...accepted.filter(({ localPort }) => localPort === world.proxy.httpPort).map(({ bytesRead }) => bytesRead));
    await until(() => read() > 0);
    // Within these turns the proxy would read the bytes that the kernel has received.
    for (let turn = 0; turn < 500; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    unsubscribe('net.server.socket', arrived);
    expect(read()).toBeLessThanOrEqual(64 * 1024);
    world.kube.faults.resume();
    expect((await sent).status).toBe(202);
    expect(world.accesses.at(-1)?.['bytesIn']).toBe(body.length);
  });

  describe('connections without a token', () => {
    const isIdleClosed = async (): Promise<boolean> =>
      (await metrics()).includes('connectors_proxy_closed_connections_total{listener="http",reason="idle"} 1');

    it.each<[string, number, (socket: Socket) => Promise<unknown>]>([
      ['that send nothing', LONG_IDLE_MS, async (socket) => void (await once(socket, 'connect'))],
      ['that were answered 401 on /v2/', LONG_IDLE_MS, async (socket) => expect(await ask(socket)).toBe('HTTP/1.1 401 Unauthorized')],
      ['with a refused token', LONG_IDLE_MS, async (socket) => expect(await ask(socket, 'Bearer a.b.c')).toBe('HTTP/1.1 401 Unauthorized')],
      // Node.js checks twice whether bytes of a write were sent.
      [
        'that read no response',
        IDLE_MS / 2,
        async (socket) => (await once(socket.pause(), 'connect'), requestWithoutReading(socket, head(), isIdleClosed)),
      ],
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
      await until(isIdleClosed);
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

    it('are closed for new ones when the listener is full, the longest idle first, unlike connections with a token', async () => {
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

    it('are closed only for new ones of their own peer when its limit is reached; then new ones are refused', async () => {
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
