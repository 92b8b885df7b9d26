import { createHash } from 'node:crypto';
import { type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@oci-connector/testing-kit';
import { DIGEST, GET, LARGE, OK, PullWorld } from '../../test/pull-world';
import { type BodyConsumer } from '../transfer/body';
import { discardBody } from './read-body';

/** Returns the digest of the body of a response. @param slowly waits after each piece */
async function pull(client: Socket, slowly = false): Promise<string> {
  client.write(GET);
  const hash = createHash('sha256');
  let head = '';
  let bytes = 0;
  for await (const chunk of client.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
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

function collect(client: Socket): () => Buffer {
  const pieces: Buffer[] = [];
  client.on('data', (piece: Buffer) => pieces.push(piece));
  return () => Buffer.concat(pieces);
}

describe.each([
  ['http', 'http'],
  ['https', 'http'],
  ['http', 'https'],
  ['https', 'https'],
])('the body of a plain response, from %s to %s', (from, to) => {
  let world: PullWorld;
  let connect: () => Promise<Socket>;

  beforeEach(async () => {
    world = await PullWorld.start({ tls: from === 'https' });
    connect = await world.serve({ tls: to === 'https' });
  });

  afterEach(() => world.close());

  it('arrives unchanged, on many connections at once, and again on the same ones', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, connect));
    for (let round = 0; round < 2; round++) {
      expect(new Set(await Promise.all(clients.map((client) => pull(client))))).toEqual(new Set([DIGEST]));
    }
    expect(world.upstream.connections).toBeLessThanOrEqual(clients.length);
    expect(world.answered).toEqual(Array.from({ length: 20 }, () => true));
  });

  it('arrives unchanged at a slow client, with one buffer', async () => {
    const pulled = pull(await connect(), true);
    await until(() => world.buffers.lent > 0);
    expect(world.buffers.lent).toBe(1);
    expect(await pulled).toBe(DIGEST);
  });

  it('arrives unchanged while no buffer is free', async () => {
    const lent: Buffer[] = [];
    for (let buffer = world.buffers.borrow(); buffer; buffer = world.buffers.borrow()) {
      lent.push(buffer);
    }
    const clients = await Promise.all(Array.from({ length: 5 }, connect));
    expect(new Set(await Promise.all(clients.map((client) => pull(client))))).toEqual(new Set([DIGEST]));
    lent.forEach((buffer) => world.buffers.giveBack(buffer));
  });

  it('ends when the client leaves: the connection to the upstream closes, and the buffer is given back', async () => {
    const client = await connect();
    client.write(GET);
    await until(() => world.buffers.lent === 1);
    client.destroy();
    await until(() => world.upstream.open.size === 0 && world.buffers.lent === 0);
    expect(world.transfers.size).toBe(0);
  });

  it('is cut when the upstream breaks off', async () => {
    world.upstream.answer = (_request, socket) => {
      socket.write(`${OK}Content-Length: ${LARGE.length}\r\n\r\n`);
      socket.end(LARGE.subarray(0, -1));
    };
    const client = await connect();
    const received = collect(client);
    client.write(GET);
    await until(() => client.destroyed);
    const body = received().subarray(received().indexOf('\r\n\r\n') + 4);
    expect(body.equals(LARGE.subarray(0, body.length))).toBe(true);
    expect(body.length).toBeLessThan(LARGE.length);
  });
});

describe('RelayedResponse', () => {
  let world: PullWorld;

  beforeEach(async () => {
    world = await PullWorld.start();
  });

  afterEach(() => world.close());

  it('waits for the response before it on the same connection', async () => {
    const client = await (await world.serve())();
    const received = collect(client);
    client.write(GET.repeat(2));
    await until(() => client.bytesRead >= 2 * LARGE.length && received().indexOf(LARGE, LARGE.length) > 0);
    expect(received().subarray(-LARGE.length).equals(LARGE)).toBe(true);
    expect(received().indexOf(LARGE)).toBeLessThan(LARGE.length);
  });

  it('is not sent when it is cut while it waits for the response before it', async () => {
    // Through TLS, reading goes on while a piece waits, so the end is noticed.
    const secure = await PullWorld.start({ tls: true });
    const half = LARGE.length / 2;
    const sockets = new Map<string, Socket>();
    secure.upstream.answer = ({ line }, socket) => {
      const path = line.split(' ')[1] ?? '';
      sockets.set(path, socket);
      socket.write(`${OK}Content-Length: ${LARGE.length}\r\n\r\n`);
      socket.write(LARGE.subarray(0, path === '/first' ? half : 200_000));
    };
    const client = await (await secure.serve())();
    const received = collect(client);
    client.write(GET.replace('/', '/first') + GET.replace('/', '/second'));
    await until(() => client.bytesRead > half && secure.buffers.lent > 0);
    sockets.get('/second')?.end();
    await until(() => secure.upstream.open.size === 1);
    sockets.get('/first')?.write(LARGE.subarray(half));
    await until(() => client.destroyed);
    const body = received().subarray(received().indexOf('\r\n\r\n') + 4);
    expect(body.equals(LARGE)).toBe(true);
    await secure.close();
  });

  it('gives copies to a consumer that keeps the pieces, such as a rewrite', async () => {
    const received = await world.transport.send(world.request());
    const pieces: Buffer[] = [];
    await new Promise<void>((resolve, reject) => {
      const consumer: BodyConsumer = { chunk: (piece) => pieces.push(piece) > 0, end: resolve, fail: reject };
      received.consume(consumer);
    });
    expect(Buffer.concat(pieces).equals(LARGE)).toBe(true);
  });

  it('passes what was read for a consumer that has failed to the next one', async () => {
    const received = await world.transport.send(world.request());
    let done = (): void => undefined;
    await new Promise<void>((resolve) => {
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
    discardBody(received);
    done();
    await until(() => world.upstream.open.size === 0);
  });
});
