import { once } from 'node:events';
import { connect, createServer, type Server, type Socket, type TcpNetConnectOpts } from 'node:net';
import { sendRequest, until } from '@oci-connector/testing-kit';
import { type FixtureRegistry } from '@oci-connector/testing-registry';
import { ForwardWorld, openTunnel, PORTS, sendOn } from './forward-world';
import { ATTACKER, LISTENS_ON, type Peer } from './peers';
import { CONNECTORS } from './proxy-world';

const HOST = 'registry.example';
const PLAIN = 'plain.example';
const OTHER = 'other.example';
/** Not the address of the API server, which is always refused. */
const OTHER_ADDRESS = '127.0.0.2';

const MAX_TUNNELS = 10;
const MAX_PER_PEER = 30;
/** Many times what the limits allow. */
const ATTEMPTS = 150;
/** A time limit that the test waits for. */
const SHORT_MS = 2_000;
/** A time limit that no test reaches. */
const LONG_MS = 600_000;

const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';
const TOO_MANY = `client system:serviceaccount:team:puller already has ${MAX_TUNNELS} tunnels and relayed requests, which is the limit; try again later`;
/** All but the date. */
const REFUSED = [
  `HTTP/1.1 429 Too Many Requests: ${TOO_MANY}`,
  'content-type: text/plain; charset=utf-8',
  `content-length: ${TOO_MANY.length + 1}`,
  'retry-after: 1',
  'Connection: keep-alive',
  '',
  `${TOO_MANY}\n`,
].join('\r\n');
const TIMED_OUT = [
  'HTTP/1.1 408 Request Timeout: the request headers did not arrive in time',
  'content-type: application/json; charset=utf-8',
  'content-length: 86',
  'docker-distribution-api-version: registry/2.0',
  'connection: close',
  '',
  '{"errors":[{"code":"UNKNOWN","message":"the request headers did not arrive in time"}]}',
].join('\r\n');

/** Sockets of a client that opens many, and all that arrived on each. */
interface Attempt {
  readonly socket: Socket;
  text: string;
}

/** Connections and tunnels that a client opens and does not use. `npm run bench -- neighbours` does the same with 10,000 of them. */
describe('half-open connections of one client', () => {
  let forward: ForwardWorld;
  let registry: FixtureRegistry;
  let other: Server;
  let arrived: Socket[];
  /** Whether the other host ends its side after the client. */
  let endsToo: boolean;
  let targets: Record<'an https host' | 'an http host' | 'another host', string>;

  async function start(settings: Parameters<typeof ForwardWorld.start>[0] = {}): Promise<void> {
    arrived = [];
    endsToo = true;
    other = createServer({ allowHalfOpen: true }, (socket) => {
      arrived.push(socket.on('error', () => undefined).resume());
      socket.once('end', () => endsToo && socket.end());
    });
    await once(other.listen(0, OTHER_ADDRESS), 'listening');
    const { port } = other.address() as { port: number };
    forward = await ForwardWorld.start({
      host: LISTENS_ON,
      maxTunnelsPerClient: MAX_TUNNELS,
      maxConnectionsPerPeer: MAX_PER_PEER,
      unauthenticatedIdle: LONG_MS,
      headersTimeout: LONG_MS,
      idleTimeout: LONG_MS,
      otherHostsAllowCidrs: [OTHER_ADDRESS],
      otherHostsPorts: [String(port)],
      ...settings,
    });
    registry = await forward.addRegistry(HOST);
    forward.names[OTHER] = [OTHER_ADDRESS];
    await forward.connect(`https://${HOST}:${registry.port}`);
    await forward.connect(`http://${PLAIN}`, { name: 'plain' });
    targets = { 'an https host': `${HOST}:${registry.port}`, 'an http host': `${PLAIN}:80`, 'another host': `${OTHER}:${port}` };
  }

  afterEach(async () => {
    await forward.close();
    arrived.forEach((socket) => socket.destroy());
    other.close();
  });

  const user = `${CONNECTORS}/registry,${CONNECTORS}/plain`;
  const connectTo = (to: string): string =>
    `CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\nProxy-Authorization: ${forward.login({ user })['proxy-authorization'] ?? ''}\r\n\r\n`;

  /** Opens connections at the same time, sends a text on each, and keeps them open. */
  function open(text: string, { count = ATTEMPTS, ...options }: Partial<TcpNetConnectOpts & Peer> & { count?: number } = {}): Attempt[] {
    return Array.from({ length: count }, () => {
      const socket = forward.track(connect({ port: forward.world.proxy.httpPort, ...ATTACKER, ...options }));
      const attempt: Attempt = { socket, text: '' };
      socket.on('data', (chunk: Buffer) => (attempt.text += chunk.toString('latin1').replace(/Date: [^\r]*\r\n/g, '')));
      socket.write(text);
      return attempt;
    });
  }

  async function connections(): Promise<number> {
    const { body } = await sendRequest(`${forward.world.proxy.adminUrl}/metrics`);
    const lines = [...body.toString().matchAll(/^connectors_proxy_client_connections\{.* (\d+)$/gm)];
    expect(lines.length).toBeGreaterThan(0);
    return lines.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  /** Every attempt has a slot, or a refusal, or is closed. Returns how many of each. */
  async function outcomes(attempts: readonly Attempt[]): Promise<Record<'open' | 'refused' | 'closed', number>> {
    await until(() => attempts.every(({ socket, text }) => socket.closed || text.endsWith('\r\n\r\n') || text === REFUSED));
    const having = (expected: string): number => attempts.filter(({ text }) => text === expected).length;
    const found = { open: having(ESTABLISHED), refused: having(REFUSED), closed: having('') };
    expect(found.open + found.refused + found.closed).toBe(attempts.length);
    return found;
  }

  /** Another client, with another account and address, is served. */
  async function othersAreServed(): Promise<void> {
    for (const port of PORTS) {
      const to = targets['an https host'];
      const socket = await forward.tunnel(to, { port, as: 'pusher' });
      expect((await sendOn(socket, { path: '/v2/team/app/tags/list', headers: { host: to } })).status).toBe(404);
      socket.destroy();
    }
  }

  /** The account and the address have all their places again, and no more. */
  async function allIsFree(kind: keyof typeof targets = 'another host'): Promise<void> {
    forward.closeSockets();
    await until(async () => (await connections()) === 0);
    const { open: opened, refused } = await outcomes(open(connectTo(targets[kind]), { count: MAX_PER_PEER }));
    expect([opened, refused]).toEqual([MAX_TUNNELS, MAX_PER_PEER - MAX_TUNNELS]);
  }

  /** Waits until the proxy has closed all connections, and returns what arrived on each. */
  async function allClosed(attempts: readonly Attempt[]): Promise<readonly string[]> {
    await until(() => attempts.every(({ socket }) => socket.closed));
    return attempts.map(({ text }) => text).sort();
  }

  /** Sends a text again and again, until the proxy has closed all connections. */
  async function drip(attempts: readonly Attempt[], text: string): Promise<readonly string[]> {
    const timer = setInterval(() => attempts.forEach(({ socket }) => socket.write(text)), 50);
    return allClosed(attempts).finally(() => clearInterval(timer));
  }

  const times = (count: number, text: string): string[] => Array<string>(count).fill(text);

  it.each(['an https host', 'an http host', 'another host'] as const)(
    'CONNECT to %s, and then nothing: the limits of account and address hold, others are served, and nothing is left behind',
    async (kind) => {
      await start();
      const attempts = open(connectTo(targets[kind]));
      expect(await outcomes(attempts)).toEqual({
        open: MAX_TUNNELS,
        refused: MAX_PER_PEER - MAX_TUNNELS,
        closed: ATTEMPTS - MAX_PER_PEER,
      });
      expect(await connections()).toBe(MAX_PER_PEER);
      await othersAreServed();
      // The account has its limit at every address, and the address for every account.
      expect((await openTunnel(await forward.dial(), targets[kind], forward.login({ user }))).status).toBe(429);
      const [late] = open(connectTo(targets[kind]), { count: 1 });
      await until(() => late?.socket.closed === true);
      expect(late?.text).toBe('');
      expect(arrived).toHaveLength(kind === 'another host' ? MAX_TUNNELS : 0);
      expect(forward.lookups).not.toContain(PLAIN);
      await allIsFree();
    },
  );

  it.each([
    ['an https host', { unauthenticatedIdle: SHORT_MS }, ''],
    ['an http host', { headersTimeout: SHORT_MS }, TIMED_OUT],
    ['another host', { idleTimeout: SHORT_MS }, ''],
  ] as const)('CONNECT to %s, and then nothing: closed at its time limit', async (kind, settings, last) => {
    await start(settings);
    const attempts = open(connectTo(targets[kind]), { count: MAX_TUNNELS });
    expect(await allClosed(attempts)).toEqual(times(MAX_TUNNELS, ESTABLISHED + last));
    await until(() => arrived.every(({ destroyed, readableEnded }) => destroyed || readableEnded));
    await allIsFree(kind === 'another host' ? 'an http host' : 'another host');
  });

  it('a refused CONNECT, and then nothing: 408 at the time limit for request headers', async () => {
    await start({ headersTimeout: SHORT_MS });
    open(connectTo(targets['another host']), { count: MAX_TUNNELS });
    await until(() => arrived.length === MAX_TUNNELS);
    const attempts = open(connectTo(targets['another host']), { count: MAX_PER_PEER - MAX_TUNNELS });
    expect(await allClosed(attempts)).toEqual(times(attempts.length, REFUSED + TIMED_OUT));
    expect(arrived).toHaveLength(MAX_TUNNELS);
    await allIsFree();
  });

  it('handshakes that never end in tunnels: closed at the time limit, also if a byte comes now and then', async () => {
    await start({ unauthenticatedIdle: SHORT_MS });
    const attempts = open(connectTo(targets['an https host']), { count: MAX_TUNNELS });
    await until(() => attempts.every(({ text }) => text === ESTABLISHED));
    // The head of a ClientHello that has 508 more bytes.
    attempts.forEach(({ socket }) => socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc])));
    expect(await drip(attempts, '\0')).toEqual(times(MAX_TUNNELS, ESTABLISHED));
    await allIsFree();
  });

  const HALF = 'CONNECT registry.example:443 HTTP/1.1\r\nHost: x\r\nX-Long: ';

  it.each([
    ['nothing', ''],
    ['the half of a CONNECT', HALF],
  ])('connections that send %s: the address keeps its limit, and others are served, also from this address', async (_name, text) => {
    await start();
    const attempts = open(text);
    await until(() => attempts.filter(({ socket }) => socket.closed).length === ATTEMPTS - MAX_PER_PEER);
    expect(await connections()).toBe(MAX_PER_PEER);
    await othersAreServed();
    // A connection without a login is closed for one with it.
    const [known] = open(connectTo(targets['an https host']), { count: 1 });
    await until(() => known?.text === ESTABLISHED);
    expect(await connections()).toBe(MAX_PER_PEER);
    expect(attempts.map((attempt) => attempt.text)).toEqual(times(ATTEMPTS, ''));
    await allIsFree();
  });

  it.each([
    ['nothing', '', { unauthenticatedIdle: SHORT_MS }, ''],
    ['the half of a CONNECT', HALF, { unauthenticatedIdle: SHORT_MS }, ''],
    ['a CONNECT byte by byte', HALF, { headersTimeout: SHORT_MS }, TIMED_OUT],
  ] as const)('connections that send %s: closed at the time limit', async (name, text, settings, last) => {
    await start(settings);
    const attempts = open(text, { count: MAX_PER_PEER });
    expect(await (name === 'a CONNECT byte by byte' ? drip(attempts, 'x') : allClosed(attempts))).toEqual(times(MAX_PER_PEER, last));
    await allIsFree();
  });

  it.each(['an https host', 'an http host'] as const)('tunnels to %s whose client ends its side: closed at once', async (kind) => {
    await start();
    const attempts = open(connectTo(targets[kind]), { count: MAX_TUNNELS, allowHalfOpen: true });
    expect((await outcomes(attempts)).open).toBe(MAX_TUNNELS);
    attempts.forEach(({ socket }) => socket.end());
    expect(await allClosed(attempts)).toEqual(times(MAX_TUNNELS, ESTABLISHED));
    await allIsFree();
  });

  it('tunnels to another host whose client ends its side: the host gets the end, and the tunnel ends with the host or at the idle limit', async () => {
    await start({ idleTimeout: SHORT_MS });
    endsToo = false;
    const attempts = open(connectTo(targets['another host']), { count: MAX_TUNNELS, allowHalfOpen: true });
    await until(() => attempts.every(({ text }) => text === ESTABLISHED));
    attempts.forEach(({ socket }) => socket.end('last words'));
    await until(() => arrived.length === MAX_TUNNELS && arrived.every(({ readableEnded, bytesRead }) => readableEnded && bytesRead === 10));
    arrived[0]?.end('the answer');
    expect(await allClosed(attempts)).toEqual([...times(MAX_TUNNELS - 1, ESTABLISHED), `${ESTABLISHED}the answer`]);
    await allIsFree('an http host');
  });

  it('tunnels to another host that ends its side: the client gets the end, and the tunnel closes even if the client still sends', async () => {
    await start();
    const attempts = open(connectTo(targets['another host']), { count: MAX_TUNNELS, allowHalfOpen: true });
    expect((await outcomes(attempts)).open).toBe(MAX_TUNNELS);
    await until(() => arrived.length === MAX_TUNNELS);
    arrived.forEach((socket) => socket.end('bye'));
    expect(await drip(attempts, 'still sending')).toEqual(times(MAX_TUNNELS, `${ESTABLISHED}bye`));
    await allIsFree();
  });
});
