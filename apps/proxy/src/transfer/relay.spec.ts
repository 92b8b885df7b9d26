import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { TcpServer, until } from '@oci-connector/testing-kit';
import { ReadBuffers, SHARED_READ_BYTES } from './read-buffers';
import { Relay } from './relay';

const MIB = 1024 * 1024;
const LARGE = randomBytes(8 * MIB);

/** Overwrites each buffer that is given back, so that a later read of it is found. */
class PoisoningBuffers extends ReadBuffers {
  override giveBack(buffer: Buffer): void {
    buffer.fill(0xee);
    super.giveBack(buffer);
  }
}

describe('Relay', () => {
  let sources: TcpServer;
  let targets: TcpServer;
  let buffers: ReadBuffers;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    sources = await TcpServer.start(() => undefined);
    targets = await TcpServer.start(() => undefined);
    buffers = new PoisoningBuffers();
  });

  afterEach(async () => {
    sockets.splice(0).forEach((socket) => socket.destroy());
    await until(() => buffers.lent === 0);
    await Promise.all([sources.close(), targets.close()]);
  });

  interface Relayed {
    readonly source: Socket;
    readonly target: Socket;
    /** The two ends within the relay. */
    readonly from: Socket;
    readonly to: Socket;
    passed: number;
  }

  /** Relays what the source sends to the target. */
  async function relay(): Promise<Relayed> {
    const count = { passed: 0 };
    const relay = new Relay(buffers, (bytes) => (count.passed += bytes));
    const from = connect({ port: sources.port, host: '127.0.0.1', onread: relay.onread }).once('connect', () => from.pause());
    const target = connect({ port: targets.port, host: '127.0.0.1' });
    sockets.push(from, target);
    const [source, to] = await Promise.all([acceptedBy(sources, from), acceptedBy(targets, target)]);
    relay.start(from, to);
    return Object.assign(count, { source, target, from, to });
  }

  async function acceptedBy(server: TcpServer, socket: Socket): Promise<Socket> {
    await once(socket, 'connect');
    const accepted = (): Socket | undefined => [...server.open].find(({ remotePort }) => remotePort === socket.localPort);
    await until(() => accepted() !== undefined);
    return accepted() as Socket;
  }

  async function digestOf(socket: Socket): Promise<string> {
    const hash = createHash('sha256');
    await pipeline(socket, hash);
    return hash.digest('hex');
  }

  const digest = createHash('sha256').update(LARGE).digest('hex');

  it('passes on everything unchanged, and the end, on many connections at once', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, relay));
    for (const { source } of all) {
      source.end(LARGE);
    }
    expect(new Set(await Promise.all(all.map(({ target }) => digestOf(target))))).toEqual(new Set([digest]));
    expect(new Set(all.map(({ passed }) => passed))).toEqual(new Set([LARGE.length]));
  });

  it('passes everything on unchanged while no buffer is free', async () => {
    const lent: Buffer[] = [];
    for (let buffer = buffers.borrow(); buffer; buffer = buffers.borrow()) {
      lent.push(buffer);
    }
    const all = await Promise.all(Array.from({ length: 5 }, relay));
    for (const { source } of all) {
      source.end(LARGE);
    }
    expect(new Set(await Promise.all(all.map(({ target }) => digestOf(target))))).toEqual(new Set([digest]));
    lent.forEach((buffer) => buffers.giveBack(buffer));
  });

  it('waits for a target that does not read, then passes the rest on unchanged', async () => {
    const { source, target, to, ...count } = await relay();
    const parts = 8;
    for (let part = 0; part < parts; part++) {
      source.write(LARGE);
    }
    source.end();
    await until(() => to.writableLength > 0);
    expect(to.writableLength).toBeLessThanOrEqual(MIB + SHARED_READ_BYTES);
    expect(count.passed).toBeLessThan(parts * LARGE.length);
    const hash = createHash('sha256');
    for (let part = 0; part < parts; part++) {
      hash.update(LARGE);
    }
    expect(await digestOf(target)).toBe(hash.digest('hex'));
  });

  it('passes on small pieces as they come, and holds no buffer for them', async () => {
    const { source, target } = await relay();
    for (const piece of ['one', 'two', 'three']) {
      source.write(piece);
      expect(String(((await once(target, 'data')) as [Buffer])[0])).toBe(piece);
      expect(buffers.lent).toBe(0);
    }
  });

  it('holds a buffer while much arrives, and gives it back after a small piece', async () => {
    const { source, target } = await relay();
    const received = { bytes: 0 };
    target.on('data', ({ length }: Buffer) => (received.bytes += length));
    source.write(LARGE);
    await until(() => received.bytes === LARGE.length);
    source.write('small');
    await until(() => received.bytes === LARGE.length + 5);
    await until(() => buffers.lent === 0);
  });

  it('keeps the buffer of the last piece until a slow target has read it', async () => {
    const { source, target, from, to } = await relay();
    source.write(LARGE);
    await until(() => to.writableLength > SHARED_READ_BYTES);
    from.destroy();
    await once(from, 'close');
    expect(buffers.lent).toBe(1);
    const hash = createHash('sha256');
    let bytes = 0;
    target.on('data', (piece: Buffer) => {
      hash.update(piece);
      bytes += piece.length;
    });
    to.end();
    await once(target, 'end');
    expect(hash.digest('hex')).toBe(createHash('sha256').update(LARGE.subarray(0, bytes)).digest('hex'));
  });

  it('gives the buffer back when the target breaks off', async () => {
    const { source, target, from, to } = await relay();
    to.on('error', () => from.destroy());
    source.on('error', () => undefined);
    source.write(LARGE);
    await until(() => to.writableLength > SHARED_READ_BYTES);
    target.resetAndDestroy();
    await once(from, 'close');
    await until(() => buffers.lent === 0);
  });
});
