import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { EgressPolicy } from '@oci-connector/egress';
import { type IssuedCertificate, RawUpstream, TestCertificateAuthority, until } from '@oci-connector/testing-kit';
import { sendBody } from '../client/send-body';
import { type BodyConsumer } from '../transfer/body';
import { ReadBuffers } from '../transfer/read-buffers';
import { Transfers } from '../transfer/transfers';
import { PullTransport } from './pull-transport';
import { discardBody, readBody } from './read-body';
import { UndiciTransport } from './undici-transport';
import { type UpstreamRequest } from './upstream-transport';

const MIB = 1024 * 1024;
const LARGE = randomBytes(8 * MIB);
const DIGEST = createHash('sha256').update(LARGE).digest('hex');

/** Overwrites each buffer that is given back, so that a later read of it is found. */
class PoisoningBuffers extends ReadBuffers {
  override giveBack(buffer: Buffer): void {
    buffer.fill(0xee);
    super.giveBack(buffer);
  }
}

const OK = 'HTTP/1.1 200 OK\r\n';
const policy = new EgressPolicy({ allowCIDRs: ['127.0.0.1/32'], redirectCIDRs: [], refusedHosts: [] });

describe('PullTransport', () => {
  let authority: TestCertificateAuthority;
  let certificate: IssuedCertificate;
  let upstream: RawUpstream;
  let transport: PullTransport;
  let transfers: Transfers;
  let buffers: ReadBuffers;
  let answered: boolean[];
  const servers: Server[] = [];
  const sockets: Socket[] = [];

  beforeAll(async () => {
    authority = await TestCertificateAuthority.create();
    certificate = await authority.issue({ ips: ['127.0.0.1'] });
  });

  beforeEach(() => {
    transfers = new Transfers(60_000);
    buffers = new PoisoningBuffers();
    answered = [];
    const options = { policy, purpose: 'connector', ca: [authority.caPem] } as const;
    const others = new UndiciTransport(options);
    transport = new PullTransport({ ...options, buffers, others, answered: (isPlain) => answered.push(isPlain) });
  });

  afterEach(async () => {
    sockets.splice(0).forEach((socket) => socket.destroy());
    servers.splice(0).forEach((server) => server.close());
    await transport.close();
    await upstream.close();
    transfers.close();
    await until(() => buffers.lent === 0);
  });

  async function startUpstream(isTls = false): Promise<void> {
    upstream = await RawUpstream.start(isTls ? { tls: certificate } : {});
    upstream.answer = (_request, socket) => {
      socket.write(`${OK}Content-Length: ${LARGE.length}\r\n\r\n`);
      socket.write(LARGE);
    };
  }

  const request = (path = '/'): UpstreamRequest => ({
    method: 'GET',
    origin: upstream.url,
    path,
    headers: {},
    transfer: transfers.begin(),
  });

  /** Serves each request with the upstream's response, as the proxy does. */
  async function startServer(isTls = false): Promise<number> {
    const serve = (path: string, response: ServerResponse): void => {
      const asked = request(path);
      let underWay = 2;
      const over = (): void => {
        underWay -= 1;
        if (underWay === 0) {
          transfers.end(asked.transfer);
        }
      };
      response.once('close', () => {
        if (!response.writableFinished) {
          asked.transfer.cancel('client-aborted');
        }
        over();
      });
      transport
        .send(asked)
        .then(async (received) => {
          response.writeHead(received.status, { 'content-length': received.headers['content-length'] as string });
          await sendBody(received, { sink: response, transfer: asked.transfer, hasLength: true });
        })
        .catch(() => response.destroy())
        .finally(over);
    };
    const options: ServerOptions = { highWaterMark: 256 * 1024 };
    const server = isTls ? createTlsServer({ ...options, ...certificate }) : createServer(options);
    server.on('request', (incoming: { url: string }, response: ServerResponse) => serve(incoming.url, response));
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function connectTo(port: number, isTls = false): Promise<Socket> {
    const socket = isTls ? connectTls({ port, host: '127.0.0.1', ca: authority.caPem }) : connect({ port, host: '127.0.0.1' });
    sockets.push(socket);
    socket.on('error', () => undefined);
    await once(socket, isTls ? 'secureConnect' : 'connect');
    return socket;
  }

  /** Returns the digest of the body of a response. @param slowly waits after each piece */
  async function pull(socket: Socket, slowly = false): Promise<string> {
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const hash = createHash('sha256');
    let head = '';
    let bytes = 0;
    for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      let body = chunk;
      if (!head.includes('\r\n\r\n')) {
        head += chunk.toString('latin1');
        body = chunk.subarray(chunk.indexOf('\r\n\r\n') + 4);
      }
      hash.update(body);
      bytes += body.length;
      if (bytes >= LARGE.length) {
        break;
      }
      if (slowly) {
        await sleep(1);
      }
    }
    return hash.digest('hex');
  }

  describe.each([
    ['http', 'http', false, false],
    ['https', 'http', true, false],
    ['http', 'https', false, true],
    ['https', 'https', true, true],
  ])('from %s to %s', (_from, _to, fromTls, toTls) => {
    it('passes on large bodies unchanged, on many connections at once, and again on the same ones', async () => {
      await startUpstream(fromTls);
      const port = await startServer(toTls);
      const clients = await Promise.all(Array.from({ length: 10 }, () => connectTo(port, toTls)));
      for (let round = 0; round < 2; round++) {
        expect(new Set(await Promise.all(clients.map((client) => pull(client))))).toEqual(new Set([DIGEST]));
      }
      expect(upstream.connections).toBeLessThanOrEqual(clients.length);
      expect(answered).toEqual(Array.from({ length: 20 }, () => true));
    });

    it('passes on a large body unchanged to a slow client, with one buffer', async () => {
      await startUpstream(fromTls);
      const client = await connectTo(await startServer(toTls), toTls);
      const pulled = pull(client, true);
      await until(() => buffers.lent > 0);
      expect(buffers.lent).toBe(1);
      expect(await pulled).toBe(DIGEST);
    });

    it('passes on large bodies unchanged while no buffer is free', async () => {
      const lent: Buffer[] = [];
      for (let buffer = buffers.borrow(); buffer; buffer = buffers.borrow()) {
        lent.push(buffer);
      }
      await startUpstream(fromTls);
      const port = await startServer(toTls);
      const clients = await Promise.all(Array.from({ length: 5 }, () => connectTo(port, toTls)));
      expect(new Set(await Promise.all(clients.map((client) => pull(client))))).toEqual(new Set([DIGEST]));
      lent.forEach((buffer) => buffers.giveBack(buffer));
    });

    it('closes the connection of a client that leaves, and gives the buffer back', async () => {
      await startUpstream(fromTls);
      const client = await connectTo(await startServer(toTls), toTls);
      client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await until(() => buffers.lent === 1);
      client.destroy();
      await until(() => upstream.open.size === 0 && buffers.lent === 0);
      expect(transfers.size).toBe(0);
    });

    it('cuts the response when the upstream breaks off in the body', async () => {
      await startUpstream(fromTls);
      upstream.answer = (_request, socket) => {
        socket.write(`${OK}Content-Length: ${LARGE.length}\r\n\r\n`);
        socket.end(LARGE.subarray(0, -1));
      };
      const client = await connectTo(await startServer(toTls), toTls);
      expect(await pull(client)).toBe(createHash('sha256').update(LARGE.subarray(0, -1)).digest('hex'));
      await until(() => client.destroyed);
    });
  });

  it('answers pipelined requests in order', async () => {
    await startUpstream();
    const client = await connectTo(await startServer());
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2));
    const pieces: Buffer[] = [];
    client.on('data', (piece: Buffer) => pieces.push(piece));
    await until(() => client.bytesRead >= 2 * LARGE.length && Buffer.concat(pieces).indexOf(LARGE, LARGE.length) > 0);
    const received = Buffer.concat(pieces);
    expect(received.subarray(-LARGE.length).equals(LARGE)).toBe(true);
    expect(received.indexOf(LARGE)).toBeLessThan(LARGE.length);
  });

  it('copies for a consumer that keeps the pieces, such as a rewrite', async () => {
    await startUpstream();
    const received = await transport.send(request());
    const pieces: Buffer[] = [];
    await new Promise<void>((resolve, reject) => {
      const consumer: BodyConsumer = { chunk: (piece) => pieces.push(piece) > 0, end: resolve, fail: reject };
      received.consume(consumer);
    });
    expect(Buffer.concat(pieces).equals(LARGE)).toBe(true);
    await until(() => buffers.lent === 0);
  });

  it('passes what was read for a consumer that has failed to the next one', async () => {
    await startUpstream();
    const received = await transport.send(request());
    let done = (): void => undefined;
    const lent = new Promise<void>((resolve) => {
      received.consume({
        chunk: () => true,
        lent: (_piece, written) => {
          done = written;
          resolve();
          return false;
        },
        end: () => undefined,
        fail: () => undefined,
      });
    });
    await lent;
    discardBody(received);
    done();
    await until(() => upstream.open.size === 0);
  });

  const hello = `${OK}Content-Length: 5\r\n\r\nhello`;

  async function ask(): Promise<string> {
    const received = await transport.send(request());
    return `${received.status} ${(await readBody(received, MIB)).toString()}`;
  }

  it.each([
    ['a plain response', hello, true],
    ['a chunked response', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, true],
    ['a reason without a space before it', 'HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello', true],
    ['an informational response', `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${hello}`, true],
    ['Connection: close', `${OK}Connection: close\r\nContent-Length: 5\r\n\r\nhello`, false],
    ['a Keep-Alive of a second', `${OK}Keep-Alive: timeout=1\r\nContent-Length: 5\r\n\r\nhello`, false],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello', false],
    ['a byte too many', `${hello}!`, false],
    ['a second response', `${hello}${hello}`, false],
    ['chunks and a byte too many', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n!`, false],
    ['chunks and a second response', `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n${hello}`, false],
  ])('after %s, uses the connection again or not', async (_name, text, isKept) => {
    await startUpstream();
    upstream.answer = (_request, socket) => socket.write(text);
    expect(await ask()).toBe('200 hello');
    upstream.answer = (_request, socket) => socket.write(hello);
    expect(await ask()).toBe('200 hello');
    expect(upstream.connections).toBe(isKept ? 1 : 2);
  });

  it('never takes unrequested bytes for a response', async () => {
    await startUpstream();
    upstream.answer = (_request, socket) => {
      socket.write(hello);
      setImmediate(() => socket.write(`${OK}Content-Length: 4\r\n\r\nevil`));
    };
    expect(await ask()).toBe('200 hello');
    await until(() => upstream.open.size === 0);
    expect(await ask()).toBe('200 hello');
    expect(upstream.connections).toBe(2);
  });

  it('opens another connection when the upstream has closed the kept one', async () => {
    await startUpstream();
    upstream.answer = (_request, socket) => socket.end(hello);
    expect(await ask()).toBe('200 hello');
    await until(() => upstream.open.size === 0);
    expect(await ask()).toBe('200 hello');
  });

  it('leaves a response that is not plain to node:http, and counts it', async () => {
    await startUpstream();
    upstream.answer = (_request, socket) => {
      socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n${LARGE.length.toString(16)}\r\n`);
      socket.write(LARGE);
      socket.write('\r\n0\r\n\r\n');
    };
    const received = await transport.send(request());
    expect((await readBody(received, 2 * LARGE.length)).equals(LARGE)).toBe(true);
    expect(answered).toEqual([false]);
  });

  it('reads a head in pieces', async () => {
    await startUpstream();
    upstream.answer = (_request, socket) => {
      socket.write(hello.slice(0, 20));
      setTimeout(() => socket.write(hello.slice(20)), 20);
    };
    expect(await ask()).toBe('200 hello');
  });

  it('sends a request that it cannot write by the other transport', async () => {
    await startUpstream();
    await expect(transport.send({ ...request(), headers: { a: 'b\r\nc: d' } })).rejects.toMatchObject({ code: 'ResponseInvalid' });
    expect(upstream.requests).toEqual([]);
  });
});
