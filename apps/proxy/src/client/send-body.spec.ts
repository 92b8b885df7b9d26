import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { GivenResponse } from '../../test/given-response';
import { type Body, type BodyConsumer } from '../transfer/body';
import { Transfer } from '../transfer/transfer';
import { type BodyRecipient, sendBody } from './send-body';

/** A body whose pieces the test provides. */
class ManualBody implements Body {
  readonly resume = jest.fn();
  readonly cancel = jest.fn();
  #consumer?: BodyConsumer;

  get to(): BodyConsumer {
    if (!this.#consumer) {
      throw new Error('the body has no consumer');
    }
    return this.#consumer;
  }

  consume(consumer: BodyConsumer): void {
    this.#consumer = consumer;
  }
}

describe('sendBody', () => {
  let server: Server;
  let client: Socket;
  let sink: ServerResponse;
  let transfer: Transfer;
  let received: Buffer;
  /** The number of writes of the server to the connection. */
  let writes: number;
  /** Writes that the test delays, as if the client reads nothing; undefined while it does not delay writes. */
  let held: (() => void)[] | undefined;

  beforeEach(async () => {
    server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    received = Buffer.alloc(0);
    const asked = once(server, 'request');
    client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    [, sink] = (await asked) as [unknown, ServerResponse];
    transfer = new Transfer(() => 0);
    writes = 0;
    held = undefined;
    const socket = sink.socket;
    if (!socket) {
      throw new Error('no connection');
    }
    const write = socket._write.bind(socket);
    const writev = socket._writev?.bind(socket);
    const counted = (go: () => void): void => {
      writes += 1;
      if (held) {
        held.push(go);
      } else {
        go();
      }
    };
    socket._write = (...args) => counted(() => write(...args));
    socket._writev = (...args) => counted(() => writev?.(...args));
  });

  afterEach(async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function readAll(): Promise<string> {
    client.on('data', (piece) => (received = Buffer.concat([received, piece])));
    await once(client, 'close');
    return received.toString('latin1').split('\r\n\r\n').slice(1).join('\r\n\r\n');
  }

  const send = (body: Body, options: Partial<BodyRecipient> = {}): Promise<void> =>
    sendBody(body, { sink, transfer, hasLength: true, ...options });

  it('sends a body that arrived completely together with the headers in one write, and counts it', async () => {
    sink.writeHead(200, { 'content-length': '5' });
    const body = new ManualBody();
    const sent = send(body);
    body.to.chunk(Buffer.from('h\xe9llo', 'latin1'));
    body.to.end();
    await sent;
    expect(await readAll()).toBe('h\xe9llo');
    expect([writes, transfer.bytesOut]).toEqual([1, 5]);
  });

  it('sends the pieces of one turn in one write', async () => {
    sink.writeHead(200, { 'content-length': '6' });
    const body = new ManualBody();
    const sent = send(body);
    for (const piece of ['ab', 'cd', 'ef']) {
      expect(body.to.chunk(Buffer.from(piece))).toBe(true);
    }
    body.to.end();
    await sent;
    expect(await readAll()).toBe('abcdef');
    expect(writes).toBe(1);
  });

  it('sends the first piece at the end of its turn, without waiting for the next one', async () => {
    sink.writeHead(200, { 'content-length': '4' });
    const body = new ManualBody();
    const sent = send(body);
    body.to.chunk(Buffer.from('ab'));
    const [piece] = (await once(client, 'data')) as [Buffer];
    expect(piece.toString().endsWith('\r\n\r\nab')).toBe(true);
    body.to.chunk(Buffer.from('cd'));
    body.to.end();
    await sent;
    await readAll();
    expect(received.toString()).toBe('cd');
  });

  it.each([
    ['an empty body', 0],
    ['a long body', 100_000],
  ])('sends %s completely', async (_what, length) => {
    sink.writeHead(200, { 'content-length': String(length) });
    const body = new ManualBody();
    const sent = send(body);
    if (length > 0) {
      body.to.chunk(Buffer.alloc(length, 'x'));
    }
    body.to.end();
    await sent;
    expect(await readAll()).toHaveLength(length);
  });

  it('pauses the body while the client does not read, blames the client for the silence, and resumes when it reads', async () => {
    sink.writeHead(200);
    const body = new ManualBody();
    const sent = send(body, { hasLength: false });
    held = [];
    const piece = Buffer.alloc(16 * 1024);
    let pieces = 1;
    while (body.to.chunk(piece)) {
      pieces += 1;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect([pieces * piece.length <= 256 * 1024, sink.writableNeedDrain, body.resume.mock.calls.length]).toEqual([true, true, 0]);
    transfer.cancelIdle();
    expect(transfer.cancelled?.reason).toBe('client-silent');
    const drained = once(sink, 'drain');
    const all = readAll();
    const due = held;
    held = undefined;
    due.forEach((go) => go());
    await drained;
    expect([sink.writableNeedDrain, body.resume.mock.calls.length]).toEqual([false, 1]);
    body.to.end();
    await sent;
    await all;
    expect(transfer.bytesOut).toBe(pieces * piece.length);
    expect(sink.listenerCount('drain')).toBe(0);
  });

  it('neither ends nor continues the response when the body fails', async () => {
    sink.writeHead(200, { 'content-length': '5' });
    const body = new ManualBody();
    const sent = send(body);
    body.to.chunk(Buffer.from('ab'));
    body.to.fail(new Error('broken off'));
    await expect(sent).rejects.toThrow('broken off');
    await new Promise((resolve) => setImmediate(resolve));
    expect([sink.writableEnded, sink.destroyed, writes]).toEqual([false, false, 0]);
  });

  it('writes nothing to a client that has disconnected', async () => {
    sink.on('error', (error) => expect(error).toBeUndefined());
    sink.writeHead(200, { 'content-length': '2' });
    const body = new ManualBody();
    const sent = send(body);
    body.to.chunk(Buffer.from('ab'));
    body.to.end();
    sink.destroy();
    await sent;
    await new Promise((resolve) => setImmediate(resolve));
    expect(writes).toBe(0);
  });

  it('supports a consumer that copies the body at the pace of the client', async () => {
    sink.writeHead(200, { 'content-length': '6' });
    const source = new PassThrough();
    const copy: Buffer[] = [];
    const ended = jest.fn();
    const sent = send(new GivenResponse(200, {}, source), {
      rewrite: (next) => ({
        chunk: (piece) => {
          copy.push(piece);
          return next.chunk(piece);
        },
        end: () => {
          ended();
          next.end();
        },
        fail: (error) => next.fail(error),
      }),
    });
    source.write('abc');
    source.end('def');
    await sent;
    expect(await readAll()).toBe('abcdef');
    expect([Buffer.concat(copy).toString(), ended.mock.calls.length]).toEqual(['abcdef', 1]);
  });
});
