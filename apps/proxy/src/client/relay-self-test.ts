import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Arrivals } from '../transfer/arrivals';
import { ReadBuffers } from '../transfer/read-buffers';
import { ClientReads } from './client-reads';

/** Time limit for a piece of the test, in milliseconds. It only ends a test that hangs. */
const LIMIT_MS = 5_000;

/**
 * Tests on a connection within this host whether {@link ClientReads} works with this Node.js, because it relies on parts that Node.js does
 * not document.
 *
 * @throws Error when it does not
 */
export async function testClientReads(): Promise<void> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  const [accepted] = (await once(server, 'connection')) as [Socket];
  try {
    await testReads(client, accepted);
  } finally {
    client.destroy();
    accepted.destroy();
    server.close();
  }
}

async function testReads(client: Socket, accepted: Socket): Promise<void> {
  const buffers = new ReadBuffers();
  const own = Buffer.alloc(buffers.shared.length);
  const reads = ClientReads.of(accepted, buffers);
  const read = new ReadPieces(own);
  reads.handTo(read);
  accepted.resume();
  for (const [text, memory] of [
    ['first', buffers.shared],
    ['second', own],
  ] as const) {
    client.write(text);
    const piece = await read.next();
    if (piece.buffer !== memory.buffer || piece.toString() !== text) {
      throw new Error('bytes of a connection were not read into the memory that was asked for');
    }
  }
  reads.handTo(undefined);
  client.write('third');
  const [piece] = (await once(accepted, 'data', { signal: AbortSignal.timeout(LIMIT_MS) })) as [Buffer];
  if (piece.toString() !== 'third') {
    throw new Error('bytes of a connection did not reach its stream');
  }
}

/** Takes pieces, and asks for memory of its own for all but the first. */
class ReadPieces implements Arrivals {
  #arrived?: (piece: Buffer) => void;

  constructor(private readonly own: Buffer) {}

  target(): Buffer {
    return this.own;
  }

  take(piece: Buffer): boolean {
    this.#arrived?.(piece);
    return true;
  }

  next(): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      AbortSignal.timeout(LIMIT_MS).addEventListener('abort', ({ target }) => reject((target as AbortSignal).reason as Error));
      this.#arrived = resolve;
    });
  }
}
