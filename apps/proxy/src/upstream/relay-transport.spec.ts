import { until } from '@oci-connector/testing-kit';
import { LARGE, OK, PullWorld } from '../../test/pull-world';
import { readBody } from './read-body';

describe('RelayTransport', () => {
  let world: PullWorld;

  beforeEach(async () => {
    world = await PullWorld.start();
  });

  afterEach(() => world.close());

  const hello = `${OK}Content-Length: 5\r\n\r\nhello`;

  async function ask(): Promise<string> {
    const received = await world.transport.send(world.request());
    return `${received.status} ${(await readBody(received, LARGE.length)).toString()}`;
  }

  it.each([
    ['a plain response', hello, true],
    ['a chunked response', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, true],
    ['a reason without a space before it', 'HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello', false],
    ['an informational response', `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${hello}`, false],
    ['Connection: close', `${OK}Connection: close\r\nContent-Length: 5\r\n\r\nhello`, false],
    ['a Keep-Alive of a second', `${OK}Keep-Alive: timeout=1\r\nContent-Length: 5\r\n\r\nhello`, false],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello', false],
    ['a byte too many', `${hello}!`, false],
    ['a second response', `${hello}${hello}`, false],
    ['chunks and a byte too many', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n!`, false],
    ['chunks and a part of a response', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nA`, false],
    ['chunks and a second response', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n${hello}`, false],
  ])('after %s, uses the connection again or not', async (_name, text, isKept) => {
    world.upstream.answer = (_request, socket) => socket.write(text);
    expect(await ask()).toBe('200 hello');
    world.upstream.answer = (_request, socket) => socket.write(hello);
    expect(await ask()).toBe('200 hello');
    expect(world.upstream.connections).toBe(isKept ? 1 : 2);
  });

  it('never takes unrequested bytes for a response', async () => {
    world.upstream.answer = (_request, socket) => {
      socket.write(hello);
      setImmediate(() => socket.write(`${OK}Content-Length: 4\r\n\r\nevil`));
    };
    expect(await ask()).toBe('200 hello');
    await until(() => world.upstream.open.size === 0);
    expect(await ask()).toBe('200 hello');
    expect(world.upstream.connections).toBe(2);
  });

  it('keeps only some of the connections that a crowd leaves behind', async () => {
    const crowd = 80;
    const waiting: (() => void)[] = [];
    world.upstream.answer = (_request, socket) => {
      waiting.push(() => socket.write(hello));
      if (waiting.length === crowd) {
        waiting.forEach((answer) => answer());
      }
    };
    expect(new Set(await Promise.all(Array.from({ length: crowd }, ask)))).toEqual(new Set(['200 hello']));
    expect(world.upstream.connections).toBe(crowd);
    await until(() => world.upstream.open.size <= 64);
  });

  it('opens another connection when the upstream has closed the kept one', async () => {
    world.upstream.answer = (_request, socket) => socket.end(hello);
    expect(await ask()).toBe('200 hello');
    await until(() => world.upstream.open.size === 0);
    expect(await ask()).toBe('200 hello');
  });

  it('uses no other kept connection after it has lost one', async () => {
    const waiting: (() => void)[] = [];
    world.upstream.answer = (_request, socket) => {
      waiting.push(() => socket.write(hello));
      if (waiting.length === 2) {
        waiting.forEach((answer) => answer());
      }
    };
    await Promise.all([ask(), ask()]);
    world.upstream.answer = ({ connection }, socket) => void (connection < 2 ? socket.resetAndDestroy() : socket.write(hello));
    await expect(ask()).rejects.toMatchObject({ code: 'ConnectionReset' });
    expect(await ask()).toBe('200 hello');
  });

  it('ends once when the transfer is cancelled at the moment of the connection: close() then still waits for others', async () => {
    const request = world.request();
    const { signal } = request.transfer;
    const remove = signal.removeEventListener.bind(signal);
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      remove(...args);
      request.transfer.cancel('client-aborted');
    };
    await expect(world.transport.send(request)).rejects.toMatchObject({ reason: 'client-aborted' });
    let answer = (): void => undefined;
    world.upstream.answer = (_request, socket) => (answer = () => void socket.write(hello));
    const asked = ask();
    await until(() => world.upstream.requests.length === 1);
    const closing = world.transport.close();
    setImmediate(() => answer());
    expect(await asked).toBe('200 hello');
    await closing;
    await world.upstream.close();
    world = await PullWorld.start();
  });

  it('leaves a response that is not plain to node:http, and counts it', async () => {
    world.upstream.answer = (_request, socket) => {
      socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n${LARGE.length.toString(16)}\r\n`);
      socket.write(LARGE);
      socket.write('\r\n0\r\n\r\n');
    };
    const received = await world.transport.send(world.request());
    expect((await readBody(received, 2 * LARGE.length)).equals(LARGE)).toBe(true);
    expect(world.answered).toEqual([false]);
  });

  it('reads a head in pieces', async () => {
    world.upstream.answer = (_request, socket) => {
      socket.write(hello.slice(0, 20));
      setTimeout(() => socket.write(hello.slice(20)), 20);
    };
    expect(await ask()).toBe('200 hello');
  });

  it('sends a request that it cannot write by the other transport', async () => {
    await expect(world.transport.send({ ...world.request(), headers: { a: 'b\r\nc: d' } })).rejects.toMatchObject({
      code: 'ResponseInvalid',
    });
    expect(world.upstream.requests).toEqual([]);
  });
});
