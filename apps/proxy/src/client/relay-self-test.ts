import { once } from 'node:events';
import { type AddressInfo, createServer, Socket } from 'node:net';
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
  const client = new Socket();
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening', inTime());
    const accepting = once(server, 'connection', inTime()) as Promise<[Socket]>;
    client.on('error', () => undefined).connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [accepted] = await accepting;
    await testReads(client, accepted).finally(() => accepted.destroy());
  } finally {
    client.destroy();
    server.close();
  }
}

function inTime(): { readonly signal: AbortSignal } {
  return { signal: AbortSignal.timeout(LIMIT_MS) };
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
  const [piece] = (await once(accepted, 'data', inTime())) as [Buffer];
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
      const { signal } = inTime();
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      this.#arrived = resolve;
    });
  }
}
