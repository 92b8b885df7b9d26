import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { ManualClock, until } from '@oci-connector/testing-kit';
import { ATTACKER, HONEST, LISTENS_ON, type Peer } from '../../test/peers';
import { type ClientConnection } from './client-connection';
import { ConnectionLimits, type ConnectionLimitsOptions } from './connection-limits';

const IDLE_MS = 10_000;

/** Both ends of a connection, and the place that it got. */
interface Admitted {
  readonly client: Socket;
  readonly socket: Socket;
  readonly place: ClientConnection | undefined;
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
    return { client, socket, place: limits.admit(socket, listener) };
  }

  const known = async (peer?: Peer): Promise<Admitted> => {
    const admitted = await open(peer);
    admitted.place?.trust();
    return admitted;
  };

  it('gives places up to those of a listener; a place is free again when its connection closes', async () => {
    start({ maxPerListener: 2 });
    const [first] = [await known(), await known()];
    const refused = await open();
    expect({ place: refused.place, destroyed: refused.socket.destroyed, closed }).toEqual({
      place: undefined,
      destroyed: true,
      closed: ['http refused'],
    });
    expect((await open(HONEST, 'https')).place).toBeDefined();
    first.client.destroy();
    await once(first.socket, 'close');
    expect((await open()).place).toBeDefined();
    expect(closed).toEqual(['http refused']);
  });

  it('gives places up to those of a peer, over all listeners, and takes none from others', async () => {
    start({ maxPerPeer: 2 });
    for (const listener of ['http', 'https']) {
      (await open(ATTACKER, listener)).place?.trust();
    }
    expect((await open(ATTACKER)).place).toBeUndefined();
    expect((await open(HONEST)).place).toBeDefined();
  });

  it('makes room by closing the stranger that is idle the longest; no request under way and no known client is closed', async () => {
    start({ maxPerListener: 4 });
    const safe = await known();
    const busy = await open();
    busy.place?.begin();
    const [older, newer] = [await open(), await open()];
    older.place?.touch();
    expect((await open()).place).toBeDefined();
    expect([safe, busy, older, newer].map(({ socket }) => socket.destroyed)).toEqual([false, false, false, true]);
    // Its request is over: from now on it is idle, and the last one to be closed.
    busy.place?.end();
    expect((await open()).place).toBeDefined();
    expect([busy, older].map(({ socket }) => socket.destroyed)).toEqual([false, true]);
    expect(closed).toEqual(['http shed', 'http shed']);
  });

  it('refuses when nobody can make room, and keeps those who are there', async () => {
    start({ maxPerListener: 1 });
    const busy = await open();
    busy.place?.begin();
    expect((await open()).place).toBeUndefined();
    expect(busy.socket.destroyed).toBe(false);
  });

  it('still counts a peer whose only connection made room for its next one', async () => {
    start({ maxPerListener: 2, maxPerPeer: 1 });
    await open(ATTACKER);
    (await open(ATTACKER)).place?.trust();
    expect((await open(ATTACKER)).place).toBeUndefined();
    expect(closed).toEqual(['http shed', 'http refused']);
  });

  it('closes strangers on whose connections no byte came for the limit', async () => {
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

  it("begins a stranger's time when its last request is over", async () => {
    start();
    const stranger = await open();
    stranger.place?.begin();
    stranger.place?.begin();
    clock.advance(2 * IDLE_MS);
    stranger.place?.end();
    clock.advance(2 * IDLE_MS);
    expect(stranger.socket.destroyed).toBe(false);
    stranger.place?.end();
    clock.advance(IDLE_MS - 1_000);
    expect(stranger.socket.destroyed).toBe(false);
    clock.advance(2_000);
    expect(stranger.socket.destroyed).toBe(true);
  });

  it('tells once why a connection was closed, and keeps nothing of a peer that is gone', async () => {
    start();
    const [one, other] = [await open(ATTACKER), await known(HONEST)];
    expect(limits.peers).toBe(2);
    one.place?.close('idle');
    other.client.destroy();
    await Promise.all([one, other].map(({ socket }) => until(() => socket.closed)));
    // The end of its response comes late, and is nothing to wait for.
    one.place?.begin();
    one.place?.end();
    clock.advance(2 * IDLE_MS);
    expect({ closed, peers: limits.peers }).toEqual({ closed: ['http idle'], peers: 0 });
  });

  it('gives no place to a client that is gone already, and refuses nobody by that', async () => {
    start();
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    clients.push(connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined));
    const [socket] = await accepted;
    socket.destroy();
    await until(() => socket.closed);
    expect({ place: limits.admit(socket, 'http'), closed, peers: limits.peers }).toEqual({ place: undefined, closed: [], peers: 0 });
  });

  it('looks at nothing before the first connection, and not any more once it is closed', async () => {
    start();
    expect(clock.timers).toEqual([]);
    await open();
    expect(clock.timers).toHaveLength(1);
    limits.close();
    expect(clock.timers).toEqual([]);
  });
});
