import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { ManualClock, until } from '@oci-connector/testing-kit';
import { ATTACKER, HONEST, LISTENS_ON, type Peer } from '../../test/peers';
import { type ClientSlot } from './client-slot';
import { ConnectionLimits, type ConnectionLimitsOptions } from './connection-limits';

const IDLE_MS = 10_000;

/** Both ends of a connection, and its slot. */
interface Admitted {
  readonly client: Socket;
  readonly socket: Socket;
  readonly slot: ClientSlot | undefined;
}

describe('ConnectionLimits', () => {
  let clock: ManualClock;
  let limits: ConnectionLimits;
  let server: Server;
  let closed: string[];
  const clients: Socket[] = [];

  beforeEach(async () => {
    clock = new ManualClock();
    closed = [];
    server = createServer().listen(0, LISTENS_ON);
    await once(server, 'listening');
  });

  afterEach(async () => {
    limits.close();
    for (const client of clients.splice(0)) {
      client.destroy();
    }
    await new Promise((resolve) => server.close(resolve));
  });

  function start(max: Partial<Pick<ConnectionLimitsOptions, 'maxPerListener' | 'maxPerPeer'>> = {}): void {
    limits = new ConnectionLimits({
      maxPerListener: 100,
      maxPerPeer: 100,
      ...max,
      strangerIdleMs: IDLE_MS,
      clock,
      onClosed: (listener, reason) => closed.push(`${listener} ${reason}`),
    });
  }

  async function open(peer: Peer = HONEST, listener = 'http'): Promise<Admitted> {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = connect({ port: (server.address() as AddressInfo).port, ...peer }).on('error', () => undefined);
    clients.push(client);
    const [socket] = await accepted;
    socket.on('error', () => undefined).resume();
    clock.advance(1);
    return { client, socket, slot: limits.admit(socket, listener) };
  }

  const known = async (peer?: Peer): Promise<Admitted> => {
    const admitted = await open(peer);
    admitted.slot?.trust();
    return admitted;
  };

  it('refuses connections above the limit of a listener, and frees the slot of a closed connection', async () => {
    start({ maxPerListener: 2 });
    const [first] = [await known(), await known()];
    const refused = await open();
    expect({ slot: refused.slot, destroyed: refused.socket.destroyed, closed }).toEqual({
      slot: undefined,
      destroyed: true,
      closed: ['http refused'],
    });
    expect((await open(HONEST, 'https')).slot).toBeDefined();
    first.client.destroy();
    await once(first.socket, 'close');
    expect((await open()).slot).toBeDefined();
    expect(closed).toEqual(['http refused']);
  });

  it('reports the use of the fullest listener and of the peer with the most connections', async () => {
    start({ maxPerListener: 4, maxPerPeer: 10 });
    const [first] = [await known(HONEST), await known(HONEST), await known(ATTACKER)];
    (await open(ATTACKER, 'https')).slot?.trust();
    expect(limits.usage).toEqual({ listener: 0.75, peer: 0.2 });
    first.client.destroy();
    await once(first.socket, 'close');
    expect(limits.usage).toEqual({ listener: 0.5, peer: 0.2 });
  });

  it('refuses connections above the limit of a peer, over all listeners, but not those of other peers', async () => {
    start({ maxPerPeer: 2 });
    for (const listener of ['http', 'https']) {
      (await open(ATTACKER, listener)).slot?.trust();
    }
    expect((await open(ATTACKER)).slot).toBeUndefined();
    expect((await open(HONEST)).slot).toBeDefined();
  });

  it('makes room by closing the longest idle stranger, but no connection with a request and no known client', async () => {
    start({ maxPerListener: 4 });
    const safe = await known();
    const busy = await open();
    busy.slot?.begin();
    const [older, newer] = [await open(), await open()];
    older.slot?.touch();
    expect((await open()).slot).toBeDefined();
    expect([safe, busy, older, newer].map(({ socket }) => socket.destroyed)).toEqual([false, false, false, true]);
    // Its request has ended: it is idle from now on, and the last one to be closed.
    busy.slot?.end();
    expect((await open()).slot).toBeDefined();
    expect([busy, older].map(({ socket }) => socket.destroyed)).toEqual([false, true]);
    expect(closed).toEqual(['http shed', 'http shed']);
  });

  it('refuses a connection when no other can make room, and keeps the existing ones', async () => {
    start({ maxPerListener: 1 });
    const busy = await open();
    busy.slot?.begin();
    expect((await open()).slot).toBeUndefined();
    expect(busy.socket.destroyed).toBe(false);
  });

  it('still counts a peer whose only connection made room for its next one', async () => {
    start({ maxPerListener: 2, maxPerPeer: 1 });
    await open(ATTACKER);
    (await open(ATTACKER)).slot?.trust();
    expect((await open(ATTACKER)).slot).toBeUndefined();
    expect(closed).toEqual(['http shed', 'http refused']);
  });

  it("closes strangers' connections on which no byte arrived for the limit", async () => {
    start();
    const silent = await open();
    const speaks = await open();
    const trusted = await known();
    clock.advance(IDLE_MS - 1_000);
    speaks.client.write('GET');
    await until(() => speaks.socket.bytesRead === 3);
    clock.advance(2_000);
    expect([silent, speaks, trusted].map(({ socket }) => socket.destroyed)).toEqual([true, false, false]);
    clock.advance(IDLE_MS + 1_000);
    expect([speaks, trusted].map(({ socket }) => socket.destroyed)).toEqual([true, false]);
    expect(closed).toEqual(['http idle', 'http idle']);
  });

  it("restarts a stranger's idle time when its last request ends", async () => {
    start();
    const stranger = await open();
    stranger.slot?.begin();
    stranger.slot?.begin();
    clock.advance(2 * IDLE_MS);
    stranger.slot?.end();
    clock.advance(2 * IDLE_MS);
    expect(stranger.socket.destroyed).toBe(false);
    stranger.slot?.end();
    clock.advance(IDLE_MS - 1_000);
    expect(stranger.socket.destroyed).toBe(false);
    clock.advance(2_000);
    expect(stranger.socket.destroyed).toBe(true);
  });

  it('reports once why a connection was closed, and forgets a peer without connections', async () => {
    start();
    const [one, other] = [await open(ATTACKER), await known(HONEST)];
    expect(limits.peers).toBe(2);
    one.slot?.close('idle');
    other.client.destroy();
    await Promise.all([one, other].map(({ socket }) => until(() => socket.closed)));
    // The response ends after the connection has closed; this has no effect.
    one.slot?.begin();
    one.slot?.end();
    clock.advance(2 * IDLE_MS);
    expect({ closed, peers: limits.peers }).toEqual({ closed: ['http idle'], peers: 0 });
  });

  it('gives no slot to a client that has already disconnected, and does not report it as refused', async () => {
    start();
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    clients.push(connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined));
    const [socket] = await accepted;
    socket.destroy();
    await until(() => socket.closed);
    expect({ slot: limits.admit(socket, 'http'), closed, peers: limits.peers }).toEqual({ slot: undefined, closed: [], peers: 0 });
  });

  it('has no timer before the first connection and after it is closed', async () => {
    start();
    expect(clock.timers).toEqual([]);
    await open();
    expect(clock.timers).toHaveLength(1);
    limits.close();
    expect(clock.timers).toEqual([]);
  });
});
