import { type OnReadOpts, type Socket } from 'node:net';
import { type ReadBuffers, SHARED_READ_BYTES } from './read-buffers';

/**
 * Passes on what arrives on one connection to another, with back-pressure, and without new memory for each piece. While little arrives, the
 * connection is read into the buffer that all relays share, and the bytes are copied; while much arrives, into a buffer of its own, which
 * is read into again when its bytes have been written.
 */
export class Relay {
  /** Where the connection is read to. Node.js only takes it when it creates a connection. */
  readonly onread: OnReadOpts = {
    buffer: () => this.#own ?? this.buffers.shared,
    callback: (bytes, buffer) => this.#read(buffer.subarray(0, bytes)),
  };

  #ends?: { readonly from: Socket; readonly to: Socket };
  #own?: Buffer;
  #isWaiting = false;
  readonly #written = (): void => {
    if (this.#isWaiting && this.#ends?.to.writableLength === 0) {
      this.#isWaiting = false;
      this.#ends.from.resume();
    }
  };

  /** @param passed called with the size of each piece, in bytes */
  constructor(
    private readonly buffers: ReadBuffers,
    private readonly passed: (bytes: number) => void,
  ) {}

  /**
   * Passes on everything that arrives from now on, and the end.
   *
   * @param from was created with {@link onread}, and is paused
   */
  start(from: Socket, to: Socket): void {
    this.#ends = { from, to };
    from.once('end', () => to.end());
    from.once('close', () => this.#closed(to));
    from.resume();
  }

  /** @returns whether to read further. Otherwise {@link #written} resumes. */
  #read(piece: Uint8Array): boolean {
    if (!this.#ends) {
      throw new Error('the connection was read before the relay was started');
    }
    const { to } = this.#ends;
    this.passed(piece.length);
    const isOwn = piece.buffer === this.#own?.buffer;
    const hasRoom = to.write(isOwn ? piece : Buffer.from(piece), this.#written);
    // Node.js often writes before `write` returns. If not, it still reads the buffer.
    this.#isWaiting = isOwn ? to.writableLength > 0 : !hasRoom;
    if (piece.length >= SHARED_READ_BYTES) {
      this.#own ??= this.buffers.borrow();
    } else if (!this.#isWaiting) {
      this.#giveBack();
    }
    return !this.#isWaiting;
  }

  /** Handles that nothing is read any more. The last piece may still have to be written. */
  #closed(to: Socket): void {
    if (to.closed || to.writableLength === 0) {
      this.#giveBack();
    } else {
      to.once('close', () => this.#giveBack());
    }
  }

  #giveBack(): void {
    if (this.#own) {
      this.buffers.giveBack(this.#own);
      this.#own = undefined;
    }
  }
}
