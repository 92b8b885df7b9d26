import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { UpgradingConnection } from './upgrading-connection';

/** Longer than the time in which a client that still sends has to read the response, in milliseconds. */
const LONG = 10_000;

describe('UpgradingConnection', () => {
  let server: Server;
  let client: Socket;
  let socket: Socket;

  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
    server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
    [socket] = (await once(server, 'connection')) as [Socket];
  });

  afterEach(() => {
    jest.useRealTimers();
    client.destroy();
    socket.destroy();
    server.close();
  });

  async function manyTurns(): Promise<void> {
    for (let turn = 0; turn < 200; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Writes until the system takes no more, because the client does not read. Returns the number of bytes. */
  async function fill(): Promise<number> {
    let bytes = 0;
    while (socket.writableLength === 0) {
      bytes += 256 * 1024;
      socket.write(Buffer.alloc(256 * 1024));
      await manyTurns();
    }
    return bytes;
  }

  it('sends everything to a slow client before it closes, and then waits only a short time for the end of the client', async () => {
    const connection = new UpgradingConnection(new IncomingMessage(socket), {
      socket,
      head: Buffer.alloc(0),
      serveInside: () => undefined,
      refusePlainHttp: () => undefined,
    });
    connection.release();
    const bytes = await fill();
    connection.close();
    jest.advanceTimersByTime(LONG);
    await manyTurns();
    expect({ destroyed: socket.destroyed, waits: socket.writableLength > 0 }).toEqual({ destroyed: false, waits: true });

    let received = 0;
    client.on('data', (chunk: Buffer) => (received += chunk.length));
    await once(client, 'end');
    expect(received).toBe(bytes);
    await manyTurns();
    expect(socket.destroyed).toBe(false);
    jest.advanceTimersByTime(LONG);
    expect(socket.destroyed).toBe(true);
  });
});
