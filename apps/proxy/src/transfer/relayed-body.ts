import { TLS_IN_FLIGHT } from './arrivals';
import { atEndOfTurn } from './at-end-of-turn';
import { type Body, type BodyConsumer } from './body';
import { type ReadBuffers, SHARED_READ_BYTES } from './read-buffers';
import { RelayMemory } from './relay-memory';
import { type Transfer } from './transfer';

export interface RelayedBodyStart {
  readonly buffers: ReadBuffers;
  /** Whether the connection is read through TLS. */
  readonly isTls: boolean;
  readonly transfer: Transfer;
  /** Reads the connection further. */
  readonly resume: () => void;
  /** Whether the connection is paused at first. */
  readonly isPaused?: boolean;
  /** Called once, before the consumer learns that the body has ended. @param error present when it is incomplete */
  readonly over?: (error?: Error) => void;
}

/**
 * A body on its way from one connection to another. Its bytes go from the buffer that the connection is read into straight to a consumer
 * that takes lent memory; all other consumers get copies. Cancelling the transfer aborts it.
 */
export class RelayedBody implements Body {
  readonly #memory: RelayMemory;
  #consumer?: BodyConsumer;
  #kept: Buffer[] = [];
  #isPaused: boolean;
  #isDue = false;
  #isOver = false;
  #error?: Error;
  readonly #cancel = (reason: Error): void => this.cancel(reason);
  readonly #turnEnded = (): void => {
    this.#isDue = false;
    this.#flush();
  };

  constructor(private readonly start: RelayedBodyStart) {
    this.#memory = new RelayMemory(start.buffers);
    this.#isPaused = start.isPaused ?? false;
    start.transfer.onCancel(this.#cancel);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get hasConsumer(): boolean {
    return this.#consumer !== undefined;
  }

  /** Whether the connection is not read until the consumer has taken what was read. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** See `Arrivals.target`. */
  target(): Buffer | undefined {
    return this.#memory.target();
  }

  /**
   * Takes the next bytes of the body, which are in the buffer that {@link target} returned, or anywhere else.
   *
   * @param isLong whether much follows
   * @returns whether to read further
   */
  take(content: Buffer, isLong: boolean): boolean {
    const wantsMore = this.#pass(content, isLong);
    // Through TLS more arrives after a pause. Only `resume` ends it.
    this.#isPaused ||= !wantsMore;
    return !this.#isPaused;
  }

  /** The body is complete. To be called only during a read. */
  complete(): void {
    this.#flush();
    this.#end();
    this.#consumer?.end();
  }

  /** The rest of the body will not arrive. */
  fail(error: Error): void {
    if (this.#isOver) {
      return;
    }
    this.#error = error;
    this.#end(error);
    this.#consumer?.fail(error);
  }

  consume(consumer: BodyConsumer): void {
    // Bytes that were read for the consumer before, which has failed.
    const rest = this.#memory.take();
    if (rest) {
      this.#kept.push(Buffer.from(rest));
      this.#memory.written();
    }
    this.#consumer = consumer;
    let wantsMore = true;
    for (const piece of this.#kept.splice(0)) {
      wantsMore = consumer.chunk(piece);
    }
    if (this.#error) {
      consumer.fail(this.#error);
    } else if (this.#isOver) {
      consumer.end();
    } else if (wantsMore) {
      this.resume();
    }
  }

  resume(): void {
    if (this.#isPaused && !this.#isOver && this.#memory.isWritten) {
      this.#isPaused = false;
      this.start.resume();
    }
  }

  cancel(reason: Error): void {
    this.fail(reason);
  }

  /** The body is over, and nothing is read into its memory any more. To be called only during a read, or after the connection has closed. */
  close(): void {
    this.#memory.close();
    if (!this.#memory.isUnused) {
      // The receiver may leave before it has read the last piece.
      this.start.transfer.atEnd(() => this.#memory.abandon());
    }
  }

  /** @returns whether the consumer wants more */
  #pass(content: Buffer, isLong: boolean): boolean {
    if (content.length === 0) {
      return true;
    }
    const consumer = this.#consumer;
    if (!consumer) {
      this.#kept.push(Buffer.from(content));
      // The consumer of a long body can be expected to take lent memory.
      if (isLong) {
        this.#memory.borrow();
      }
      return false;
    }
    return consumer.lent ? this.#relay(consumer, content) : consumer.chunk(Buffer.from(content));
  }

  /** Passes on much without a copy; little is copied, so that a slow connection needs no buffer of its own. */
  #relay(consumer: BodyConsumer, content: Buffer): boolean {
    const memory = this.#memory;
    const isMuch = content.length >= SHARED_READ_BYTES;
    if (memory.holds(content) && (isMuch || !memory.isUnused)) {
      memory.filled(content);
      return this.start.isTls ? this.#gather() : this.#flush();
    }
    this.#flush();
    const wantsMore = consumer.chunk(Buffer.from(content));
    if (isMuch) {
      memory.borrow();
    } else {
      memory.release();
    }
    return wantsMore && memory.isWritten;
  }

  /** TLS delivers many small pieces in one turn of the event loop. They are written together. */
  #gather(): boolean {
    if (this.#memory.room < TLS_IN_FLIGHT) {
      return this.#flush();
    }
    if (!this.#isDue) {
      this.#isDue = true;
      atEndOfTurn(this.#turnEnded);
    }
    return true;
  }

  /** @returns whether everything is written */
  #flush(): boolean {
    const piece = this.#memory.take();
    if (piece) {
      this.#lend(piece);
    }
    return this.#memory.isWritten;
  }

  #lend(piece: Buffer): void {
    let isDone = false;
    const done = (): void => {
      if (!isDone) {
        isDone = true;
        this.#memory.written();
        this.resume();
      }
    };
    if (this.#consumer?.lent?.(piece, done) ?? true) {
      done();
    }
  }

  #end(error?: Error): void {
    const { transfer, over } = this.start;
    this.#isOver = true;
    transfer.offCancel(this.#cancel);
    over?.(error);
  }
}
