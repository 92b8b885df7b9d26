import { type ReadBuffers } from './read-buffers';

/** A shorter rest of the buffer is not read into: that would make a read for a few bytes. In bytes. */
const MIN_TARGET_BYTES = 4 * 1024;

/**
 * A buffer that one connection is read into while another one is still writing what was read before. It is the only owner of the buffer:
 * bytes are *filled* by a read, *taken* to be written, and free once they are *written*. The buffer is given back when nothing reads into
 * it and nothing writes it.
 */
export class RelayMemory {
  #buffer?: Buffer;
  /** Filled bytes that are not taken yet are between these two; before the first are bytes that are being written, or free. */
  #taken = 0;
  #filled = 0;
  /** Number of pieces that are being written. */
  #writing = 0;
  #isClosed = false;

  constructor(private readonly buffers: ReadBuffers) {}

  /** Whether nothing is being written. */
  get isWritten(): boolean {
    return this.#writing === 0;
  }

  /** Whether no byte of the buffer is in use. */
  get isUnused(): boolean {
    return this.#writing === 0 && this.#taken === this.#filled;
  }

  /** How much can be read behind the filled bytes, in bytes. */
  get room(): number {
    return this.#buffer ? this.#buffer.length - this.#filled : 0;
  }

  /** Gets a buffer, if there is none yet and one is free. */
  borrow(): void {
    if (!this.#isClosed) {
      this.#buffer ??= this.buffers.borrow();
    }
  }

  /** Where the next read may write. To be called only by the connection, after a read: it goes on writing where it was told last. */
  target(): Buffer | undefined {
    if (this.isUnused) {
      this.#taken = 0;
      this.#filled = 0;
    }
    return this.room < MIN_TARGET_BYTES ? undefined : this.#buffer?.subarray(this.#filled);
  }

  /** Whether a read wrote this piece into the buffer. */
  holds(piece: Buffer): boolean {
    return piece.buffer === this.#buffer?.buffer;
  }

  /** Records a piece that was read into the buffer. */
  filled(piece: Buffer): void {
    if (!this.holds(piece) || piece.byteOffset !== this.#filled) {
      throw new Error('a piece is not behind the one before');
    }
    this.#filled += piece.length;
  }

  /** Returns all filled bytes, to be written; the caller then calls {@link written}, once. */
  take(): Buffer | undefined {
    if (!this.#buffer || this.#taken === this.#filled) {
      return undefined;
    }
    const piece = this.#buffer.subarray(this.#taken, this.#filled);
    this.#taken = this.#filled;
    this.#writing += 1;
    return piece;
  }

  written(): void {
    this.#writing = Math.max(0, this.#writing - 1);
    this.#giveBackIfClosed();
  }

  /** Gives the buffer back while it is unused. To be called only during a read, because the connection then asks for another target. */
  release(): void {
    if (this.isUnused) {
      this.#giveBack();
    }
  }

  /** Nothing is read into the buffer any more. To be called only during a read, or after the connection has closed. */
  close(): void {
    this.#isClosed = true;
    this.#giveBackIfClosed();
  }

  /**
   * Nobody waits any more for what is being written. Nothing else may get the buffer: what was to write it may still have it, and would
   * send the bytes of another body.
   */
  abandon(): void {
    if (this.#buffer && this.#writing > 0) {
      this.buffers.drop(this.#buffer);
      this.#buffer = undefined;
      this.#writing = 0;
    }
  }

  #giveBackIfClosed(): void {
    if (this.#isClosed && this.#writing === 0) {
      this.#giveBack();
    }
  }

  #giveBack(): void {
    if (this.#buffer) {
      this.buffers.giveBack(this.#buffer);
      this.#buffer = undefined;
    }
  }
}
