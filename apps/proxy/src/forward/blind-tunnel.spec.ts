import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type EgressPolicy } from '@oci-connector/egress';
import { ManualClock, TcpServer, until } from '@oci-connector/testing-kit';
import { type UpgradableConnection } from '../client/ways';
import { type ClientExchange } from '../pipeline/proxy-exchange';
import { RepeatReviews } from '../pipeline/repeat-reviews';
import { ReadBuffers } from '../transfer/read-buffers';
import { Transfer } from '../transfer/transfer';
import { BlindTunnel, type BlindTunnelTarget } from './blind-tunnel';

const MINUTE = 60_000;
const MAX_AGE = 90 * MINUTE;

describe('BlindTunnel', () => {
  let upstream: TcpServer;
  let accepted: Socket | undefined;
  let clients: TcpServer;
  let clock: ManualClock;
  let transfer: Transfer;
  let client: Socket;
  let isAllowed: boolean;
  let owners: string[];
  let buffers: ReadBuffers;

  beforeEach(async () => {
    upstream = await TcpServer.start((socket) => socket.on('data', (chunk: Buffer) => socket.write(chunk)));
    clients = await TcpServer.start((socket) => (accepted = socket));
    clock = new ManualClock();
    transfer = new Transfer(() => 0);
    isAllowed = true;
    owners = [];
    buffers = new ReadBuffers();
    accepted = undefined;
    client = connect(clients.port, '127.0.0.1').on('error', () => undefined);
    await once(client, 'connect');
    await until(() => accepted !== undefined);
  });

  afterEach(async () => {
    client.destroy();
    transfer.end();
    await Promise.all([upstream.close(), clients.close()]);
    expect(clock.timers).toEqual([]);
    await until(() => buffers.lent === 0);
  });

  /** Opens a tunnel; resolves with how it has ended. */
  function open(tokenLifetime = Infinity): Promise<string> {
    const socket = accepted as Socket;
    const policy = {
      forOwner: (owner: string) => {
        owners.push(owner);
        return { resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]) };
      },
    } as unknown as EgressPolicy;
    const tunnel = new BlindTunnel({ policy, clock, reviews: new RepeatReviews(clock), maxAgeMs: MAX_AGE, buffers });
    const connection = { socket, release: () => undefined, close: () => socket.destroy() } as unknown as UpgradableConnection;
    const target = {
      authority: { host: 'other.example', port: upstream.port },
      identity: { username: 'someone', tokenExpiresAt: clock.now() + tokenLifetime },
      admitAgain: () => Promise.resolve(isAllowed),
    } as unknown as BlindTunnelTarget;
    return tunnel.open({ transfer, record: {} } as unknown as ClientExchange, connection, target).then(
      () => 'closed',
      (error: Error) => error.message,
    );
  }

  async function established(): Promise<void> {
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(answer.toString()).toBe('HTTP/1.1 200 Connection Established\r\n\r\n');
  }

  async function bothAreClosed(): Promise<void> {
    await until(() => upstream.open.size === 0 && clients.open.size === 0);
  }

  it('passes bytes on and counts them, and ends with the client', async () => {
    const ended = open();
    await established();
    client.write('12345');
    expect(((await once(client, 'data')) as [Buffer])[0].toString()).toBe('12345');
    client.end();
    expect(await ended).toBe('closed');
    await bothAreClosed();
    expect([transfer.bytesIn, transfer.bytesOut, owners]).toEqual([5, 5, ['someone']]);
  });

  it('ends at its longest age, even if it is in use', async () => {
    const ended = open();
    await established();
    clock.advance(MAX_AGE - 1);
    await new Promise(setImmediate);
    expect(transfer.cancelled).toBeUndefined();
    clock.advance(1);
    expect(await ended).toContain('too-old');
    await bothAreClosed();
  });

  it('C12 late revocation: ends within a minute after the permission was revoked', async () => {
    const ended = open();
    await established();
    clock.advance(MINUTE);
    await new Promise(setImmediate);
    expect(transfer.cancelled).toBeUndefined();
    isAllowed = false;
    clock.advance(MINUTE);
    expect(await ended).toContain('permission-ended');
    await bothAreClosed();
  });

  it('C12 late revocation: ends when the token expires', async () => {
    const ended = open(30_000);
    await established();
    clock.advance(30_000);
    expect(await ended).toContain('permission-ended');
    await bothAreClosed();
  });

  it('is not opened for a client that has left, and keeps no connection', async () => {
    const ended = open();
    transfer.cancel('client-aborted');
    expect(await ended).toContain('client-aborted');
    await until(() => upstream.open.size === 0);
    expect(upstream.connections).toBe(0);
  });

  it('reports that the connection to the host broke off', async () => {
    const ended = open();
    await established();
    const [far] = upstream.open;
    far?.resetAndDestroy();
    expect(await ended).toContain('broke off');
    await bothAreClosed();
  });
});
