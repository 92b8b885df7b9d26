import { createHash, randomBytes } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@oci-connector/testing-kit';
import { PushWorld } from '../../test/push-world';
import { ProxyError } from '../proxy.errors';

const LARGE = randomBytes(8 * 1024 * 1024);
const DIGEST = digestOf(LARGE);

function digestOf(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

type Framing = 'Content-Length' | 'chunked';

function head(framing: Framing, bytes: number, ...lines: string[]): string {
  const framed = framing === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`;
  return [`PUT /blob HTTP/1.1`, 'Host: x', framed, ...lines, '', ''].join('\r\n');
}

/** Writes with back-pressure. */
async function write(client: Socket, piece: Buffer | string): Promise<void> {
  if (!client.write(piece) && !client.destroyed) {
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        client.off('drain', settle).off('close', settle);
        resolve();
      };
      client.on('drain', settle).on('close', settle);
    });
  }
}

async function push(client: Socket, content: Buffer, framing: Framing, size: () => number = () => 100_000): Promise<void> {
  await write(client, head(framing, content.length));
  for (let at = 0; at < content.length;) {
    const piece = content.subarray(at, at + size());
    at += piece.length;
    if (framing === 'chunked') {
      client.cork();
      client.write(`${piece.length.toString(16)}\r\n`);
      client.write(piece);
      process.nextTick(() => client.uncork());
      await write(client, '\r\n');
    } else {
      await write(client, piece);
    }
  }
  if (framing === 'chunked') {
    await write(client, '0\r\n\r\n');
  }
}

/** Collects what arrives. */
function collect(client: Socket): () => string {
  let text = '';
  client.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
  return () => text;
}

const statusesOf = (text: string): string[] => [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status ?? '');
const countOf = (text: string, part: string): number => text.split(part).length - 1;

describe.each([
  ['http', 'http'],
  ['https', 'http'],
  ['http', 'https'],
  ['https', 'https'],
])('a relayed request body, from %s to %s', (from, to) => {
  let world: PushWorld;

  beforeEach(async () => {
    world = await PushWorld.start({ client: from === 'https', upstream: to === 'https' });
  });

  afterEach(() => world.close());

  it.each(['Content-Length', 'chunked'] as const)(
    'arrives unchanged, on many connections at once, and on the same ones again: %s',
    async (framing) => {
      const clients = await Promise.all(Array.from({ length: 10 }, () => world.connect()));
      const answers = clients.map(collect);
      for (let round = 1; round <= 3; round++) {
        await Promise.all(clients.map((client) => push(client, LARGE, framing, () => 1 + Math.floor(Math.random() * 300_000))));
        await until(() => answers.every((text) => countOf(text(), DIGEST) === round), 30_000);
      }
      expect(new Set(world.received)).toEqual(new Set([DIGEST]));
      expect(world.relayed).toEqual(Array.from({ length: 30 }, () => true));
      expect(world.connections).toBeLessThanOrEqual(clients.length);
      expect(clients.some(({ destroyed }) => destroyed)).toBe(false);
    },
  );

  it.each(['Content-Length', 'chunked'] as const)('arrives unchanged at a slow upstream, with one buffer: %s', async (framing) => {
    world.answer = (request, response) => void world.digestOf(request, () => sleep(1)).then((digest) => response.end(digest));
    const client = await world.connect();
    const answer = collect(client);
    const pushed = push(client, LARGE, framing);
    await until(() => world.buffers.lent > 0);
    expect(world.buffers.lent).toBe(1);
    await pushed;
    await until(() => answer().includes(DIGEST), 30_000);
  });

  it.each(['Content-Length', 'chunked'] as const)('arrives unchanged while no buffer is free: %s', async (framing) => {
    const lent: Buffer[] = [];
    for (let buffer = world.buffers.borrow(); buffer; buffer = world.buffers.borrow()) {
      lent.push(buffer);
    }
    const clients = await Promise.all(Array.from({ length: 5 }, () => world.connect()));
    const answers = clients.map(collect);
    await Promise.all(clients.map((client) => push(client, LARGE, framing)));
    await until(() => answers.every((text) => text().includes(DIGEST)), 30_000);
    lent.forEach((buffer) => world.buffers.giveBack(buffer));
  });

  it.each(['Content-Length', 'chunked'] as const)('never ends properly when the client leaves: %s', async (framing) => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => world.connect()));
    await Promise.all(
      clients.map(async (client, index) => {
        await write(client, head(framing, LARGE.length));
        await write(client, framing === 'chunked' ? `${LARGE.length.toString(16)}\r\n` : '');
        await write(client, LARGE.subarray(0, 300_000 * (index + 1)));
        if (index % 2 === 0) {
          client.destroy();
        } else {
          client.end();
        }
      }),
    );
    await until(() => world.transfers.size === 0, 30_000);
    await until(() => world.broken === world.relayed.length);
    expect(world.received).toEqual([]);
  });

  it.each([
    ['before the response', 'destroy', () => undefined],
    ['before the response', 'end', () => undefined],
    ['during the response', 'destroy', (response) => void response.writeHead(200, { 'content-length': '9' }).write('he')],
    ['during the response', 'end', (response) => void response.writeHead(200, { 'content-length': '9' }).write('he')],
  ] as const satisfies readonly (readonly [string, string, (response: ServerResponse) => void])[])(
    'is complete, and the client leaves %s: the transfer ends (%s)',
    async (_when, leave, respond) => {
      let isReceived = false;
      world.answer = (request, response) => {
        respond(response);
        void world.digestOf(request).then(() => (isReceived = true));
      };
      const client = await world.connect();
      await push(client, LARGE, 'chunked');
      await until(() => isReceived);
      client[leave]();
      await until(() => world.transfers.size === 0);
      expect(world.received).toEqual([DIGEST]);
    },
  );

  it('ends with an error that the client reads when the upstream breaks off, and the connection closes', async () => {
    world.answer = (request) => void request.once('data', () => request.socket.destroy());
    const client = await world.connect();
    const answer = collect(client);
    await push(client, LARGE, 'Content-Length');
    await until(() => client.closed, 10_000);
    expect(statusesOf(answer())).toEqual(['502']);
    expect(answer().toLowerCase()).toContain('connection: close');
  });

  it('ends early when the response comes early, and the connection closes', async () => {
    world.answer = (request, response) => void request.once('data', () => response.writeHead(413, { 'content-length': '0' }).end());
    const client = await world.connect();
    const answer = collect(client);
    await push(client, LARGE, 'chunked');
    await until(() => client.closed, 10_000);
    expect(statusesOf(answer())).toEqual(['413']);
    expect(answer().toLowerCase()).toContain('connection: close');
    expect(world.received).toEqual([]);
  });

  it('ends the connection when the response began before its end, and ends after it', async () => {
    world.answer = (request, response) => {
      response.writeHead(200, { 'content-length': '6' }).write('abc');
      void world.digestOf(request).then(() => response.end('def'));
    };
    const client = await world.connect();
    const answer = collect(client);
    client.write(head('Content-Length', LARGE.length));
    await until(() => answer().endsWith('abc'));
    client.write(LARGE);
    client.write('GET /next HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => client.closed, 10_000);
    expect(answer().toLowerCase()).toContain('connection: close');
    expect(answer()).toMatch(/abcdef$/);
    expect(world.received).toEqual([DIGEST]);
  });

  it('is read and discarded after a refusal, which the client can read', async () => {
    world.refusal = new ProxyError('PermissionDenied', 'not allowed');
    const client = await world.connect();
    let isReset = false;
    client.on('error', () => (isReset = true));
    const answer = collect(client);
    await push(client, LARGE, 'Content-Length');
    client.end();
    await until(() => client.closed, 10_000);
    expect([statusesOf(answer()), isReset]).toEqual([['403'], false]);
    expect(world.received).toEqual([]);
  });

  it('is not read before the proxy has asked for it', async () => {
    const client = await world.connect();
    const answer = collect(client);
    client.write(head('Content-Length', LARGE.length, 'Expect: 100-continue'));
    await until(() => answer() === 'HTTP/1.1 100 Continue\r\n\r\n');
    client.write(LARGE);
    await until(() => answer().includes(DIGEST), 10_000);
  });

  it('is followed by requests that were sent ahead', async () => {
    world.answer = (request: IncomingMessage, response: ServerResponse) =>
      void world.digestOf(request).then((digest) => response.end(`${request.method ?? ''} ${digest ?? ''}`));
    const client = await world.connect();
    const answer = collect(client);
    const small = 'PUT /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
    client.write(Buffer.concat([Buffer.from(small + head('Content-Length', LARGE.length)), LARGE, Buffer.from(small + small)]));
    await until(() => countOf(answer(), digestOf('hello')) === 3, 5_000);
    expect(countOf(answer(), `PUT ${DIGEST}`)).toBe(1);
    expect(statusesOf(answer())).toEqual(['200', '200', '200', '200']);
  });

  it('can be read by a client that sends more than its last request', async () => {
    const client = await world.connect();
    let isReset = false;
    client.on('error', () => (isReset = true));
    const answer = collect(client);
    client.write(head('Content-Length', LARGE.length, 'Connection: close'));
    client.write(LARGE);
    client.end(LARGE);
    await until(() => client.closed, 10_000);
    expect([statusesOf(answer()), answer().includes(DIGEST), isReset]).toEqual([['200'], true, false]);
    expect(world.relayed).toHaveLength(1);
  });

  it('gets 400 when its chunks are invalid, and never ends properly', async () => {
    const client = await world.connect();
    const answer = collect(client);
    client.write(`${head('chunked', 0)}30d40\r\n`);
    client.write(LARGE.subarray(0, 200_000));
    client.write('\r\nzz\r\n');
    await until(() => client.closed, 10_000);
    expect(statusesOf(answer())).toEqual(['400']);
    expect(world.received).toEqual([]);
  });

  it('is not relayed when it is short', async () => {
    const client = await world.connect();
    client.write(`${head('Content-Length', 5)}hello`);
    await until(() => world.relayed.length === 1);
    expect(world.relayed).toEqual([false]);
  });

  it('is answered with the time that the connection may be idle', async () => {
    const client = await world.connect();
    const answer = collect(client);
    await push(client, LARGE, 'Content-Length');
    await until(() => answer().includes(DIGEST));
    expect(answer()).toContain('Connection: keep-alive\r\nKeep-Alive: timeout=60\r\n');
  });

  it('closes the connection of a client that leaves while it is idle', async () => {
    const client = await world.connect();
    const answer = collect(client);
    await push(client, LARGE, 'Content-Length');
    await until(() => answer().includes(DIGEST));
    client.end();
    await until(() => client.closed, 10_000);
  });
});
