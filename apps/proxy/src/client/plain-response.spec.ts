import { EventEmitter, once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { until } from '@oci-connector/testing-kit';
import { type ClientResponse } from './client-sink';
import { PlainResponse } from './plain-response';

const IDLE_MS = 7_500;

/** Answers one request. */
type Respond = (response: ClientResponse) => void;

/** What a client gets from a server that ends its side after the response. */
async function exchange(server: Server, request: string): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  client.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
  client.on('error', () => undefined);
  client.write(request);
  await once(client, 'close');
  server.close();
  return text.replace(/^Date: .*\r$/gm, 'Date: …\r');
}

const requestOf = (method: string, keepAlive: boolean): string =>
  `${method} / HTTP/1.1\r\nHost: x\r\n${keepAlive ? '' : 'Connection: close\r\n'}\r\n`;

function sentByNode(request: string, respond: Respond): Promise<string> {
  const server = createHttpServer({ keepAliveTimeout: IDLE_MS }, (_request, response) => {
    response.once('finish', () => response.req.socket.end());
    respond(response);
  });
  return exchange(server, request);
}

async function sentHere(request: string, start: { method: string; keepAlive: boolean }, respond: Respond): Promise<string> {
  let keepsAlive: boolean | undefined;
  const server = createServer((socket) => {
    socket.once('data', () => {
      const response = new PlainResponse({ ...start, socket, idleMs: IDLE_MS, date: () => 'now' });
      response.once('finish', () => {
        keepsAlive = response.shouldKeepAlive;
        socket.end();
      });
      respond(response);
    });
  });
  const text = await exchange(server, request);
  expect(keepsAlive).toBe(!/^connection: close\r$/im.test(text));
  return text;
}

const BODY = Buffer.from('hello');

const RESPONSES: Readonly<Record<string, Respond>> = {
  'with a length': (response) => {
    response.writeHead(200, { 'content-length': '5', 'content-type': 'a/b' });
    response.end(BODY);
  },
  'in one text': (response) => {
    response.writeHead(200, ['content-type', 'a/b', 'content-length', '5']);
    response.write('hello', 'latin1');
    response.end();
  },
  'in pieces': (response) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write(BODY);
    response.end(BODY);
  },
  'without a length': (response) => {
    response.writeHead(200, { 'content-type': 'a/b' });
    response.write(BODY);
    response.write('more', 'latin1');
    response.end(BODY);
  },
  'without a body': (response) => {
    response.writeHead(404, { 'content-length': '0' });
    response.end();
  },
  'without a body or a length': (response) => {
    response.writeHead(202, {});
    response.end();
  },
  'a text beyond ASCII': (response) => {
    response.writeHead(400, { 'content-length': '6' });
    response.end('häöx'.slice(0, 4));
  },
  '204': (response) => {
    response.writeHead(204, {});
    response.end();
  },
  '304 with a length': (response) => {
    response.writeHead(304, { 'content-length': '5', etag: '"a"' });
    response.end();
  },
  'a status without a reason': (response) => {
    response.writeHead(299, { 'content-length': '0' });
    response.end();
  },
  'a reason of its own': (response) => {
    response.statusMessage = 'Odd';
    response.writeHead(400, { 'content-length': '0' });
    response.end();
  },
  'a date': (response) => {
    response.writeHead(200, { date: 'yesterday', 'content-length': '0' });
    response.end();
  },
  'several lines of a header': (response) => {
    response.writeHead(200, ['link', ['<a>', '<b>'], 'content-length', '0']);
    response.end();
  },
  'a header that is set, and announces the end': (response) => {
    response.shouldKeepAlive = false;
    response.setHeader('connection', 'close');
    response.writeHead(403, { 'content-type': 'a/b', 'content-length': '0', connection: 'close' });
    response.end();
  },
  'the end of the connection': (response) => {
    response.writeHead(200, ['content-length', '0', 'connection', 'close']);
    response.end();
  },
  'a connection that is not kept': (response) => {
    response.shouldKeepAlive = false;
    response.writeHead(200, { 'content-length': '0' });
    response.end();
  },
};

describe('a plain response', () => {
  it.each(
    Object.keys(RESPONSES).flatMap((name) =>
      ['GET', 'HEAD'].flatMap((method) => [true, false].map((keepAlive) => ({ name, method, keepAlive }))),
    ),
  )('sends what node:http sends: $name, $method, keep-alive $keepAlive', async ({ name, method, keepAlive }) => {
    const respond = RESPONSES[name] ?? fail;
    const request = requestOf(method, keepAlive);
    const found = await sentHere(request, { method, keepAlive }, respond);
    expect(found).toBe(await sentByNode(request, respond));
    expect(found).toMatch(/^HTTP\/1\.1 \d{3} /);
  });

  function fail(): never {
    throw new Error('there is no such response');
  }

  /** A connection that takes nothing until it is told to. */
  class HeldSocket extends EventEmitter {
    readonly written: string[] = [];
    readonly #done: (() => void)[] = [];
    destroyed = false;
    timeout = 0;

    get writableLength(): number {
      return this.#done.length;
    }

    write(piece: Uint8Array | string, ...rest: unknown[]): boolean {
      this.written.push(typeof piece === 'string' ? piece : Buffer.from(piece).toString());
      const done = rest.at(-1);
      this.#done.push(typeof done === 'function' ? (done as () => void) : () => undefined);
      return false;
    }

    flush(): void {
      this.#done.splice(0).forEach((done) => done());
    }

    cork(): void {
      this.emit('cork');
    }

    uncork(): void {
      this.emit('uncork');
    }

    setTimeout(ms: number): void {
      this.timeout = ms;
    }

    destroy(): void {
      this.destroyed = true;
    }
  }

  function held(method = 'GET'): { socket: HeldSocket; response: PlainResponse; events: string[] } {
    const socket = new HeldSocket();
    const start = { method, socket: socket as unknown as Socket, keepAlive: true, idleMs: IDLE_MS, date: () => 'now' };
    const response = new PlainResponse(start);
    const events: string[] = [];
    for (const event of ['prefinish', 'finish', 'close']) {
      response.on(event, () => events.push(event));
    }
    return { socket, response, events };
  }

  it('is finished when the operating system has all of it', async () => {
    const { socket, response, events } = held();
    let isWritten = false;
    response.writeHead(200, { 'content-length': '5' });
    expect(response.write(BODY, () => (isWritten = true))).toBe(false);
    response.end();
    expect([events, response.writableFinished, isWritten]).toEqual([['prefinish'], false, false]);
    expect(response.writableLength).toBeGreaterThan(0);
    socket.flush();
    await until(() => response.writableFinished);
    expect([events, isWritten, response.socket, response.writableLength]).toEqual([['prefinish', 'finish', 'close'], true, null, 0]);
    response.closed();
    response.end(BODY);
    expect(events).toHaveLength(3);
  });

  it('reports the end of its connection once, and writes nothing any more', () => {
    const { socket, response, events } = held();
    response.writeHead(200, { 'content-length': '5' });
    response.write(BODY);
    response.closed();
    response.closed();
    response.write(BODY);
    response.end();
    socket.flush();
    expect([events, response.destroyed, response.socket, response.writableFinished]).toEqual([['close'], true, null, false]);
    expect(socket.written.join('')).toMatch(/\r\n\r\nhello$/);
  });

  it('calls what waits for a body that a response to HEAD does not have', async () => {
    const { response } = held('HEAD');
    response.writeHead(200, { 'content-length': '5' });
    await new Promise<void>((resolve) => expect(response.write(BODY, resolve)).toBe(true));
  });

  it('has a time limit for its connection', () => {
    const { socket, response } = held();
    let isOver = false;
    response.timedOut();
    response.setTimeout(5, () => (isOver = true));
    expect([socket.timeout, isOver]).toEqual([5, false]);
    response.timedOut();
    expect(isOver).toBe(true);
  });

  it('closes its connection when it is destroyed', () => {
    const { socket, response } = held();
    response.destroy();
    expect([socket.destroyed, response.destroyed]).toEqual([true, true]);
  });

  it.each(['a\r\nb: c', 'a\nb', 'a\0', 'a\u0100'])('refuses the header value %j, and writes nothing', (value) => {
    const { socket, response } = held();
    expect(() => response.writeHead(200, { link: value })).toThrow('the header link contains a character that must not be sent');
    expect([socket.written, response.headersSent]).toEqual([[], false]);
  });
});
