import { atEndOfTurn } from '../transfer/at-end-of-turn';
import { type BodyConsumer } from '../transfer/body';
import { type ReadBuffers, SHARED_READ_BYTES } from '../transfer/read-buffers';
import { RelayMemory } from '../transfer/relay-memory';
import { type Transfer } from '../transfer/transfer';
import { type PlainHead } from './plain-head';
import { type Arrivals, connectionReset, type PullConnection, TLS_IN_FLIGHT } from './pull-connection';
import { type ResponseHeaders } from './response-headers';
import { upstreamError } from './upstream-error';
import { type UpstreamResponse } from './upstream-transport';

export interface PulledResponseStart {
  readonly head: PlainHead;
  readonly connection: PullConnection;
  readonly buffers: ReadBuffers;
  readonly transfer: Transfer;
  /** Called once, at the end. @param keepMs how long the connection may be kept, in milliseconds; 0: it is closed */
  readonly over: (keepMs: number) => void;
}

/**
 * A response whose body has a known length. Its bytes go from the buffer that the connection is read into straight to a consumer that takes
 * lent memory; all other consumers get copies.
 */
export class PulledResponse implements UpstreamResponse, Arrivals {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly early = false;
  readonly #memory: RelayMemory;
  /** What is missing of the body, in bytes. */
  #left: number;
  #consumer?: BodyConsumer;
  #kept: Buffer[] = [];
  #isPaused = false;
  #isDue = false;
  #isOver = false;
  #error?: Error;
  readonly #cancel = (reason: Error): void => this.cancel(reason);
  readonly #turnEnded = (): void => {
    this.#isDue = false;
    this.#flush();
  };

  constructor(private readonly start: PulledResponseStart) {
    const { head, buffers, transfer } = start;
    this.status = head.status;
    this.headers = head.headers;
    this.#left = head.length;
    this.#memory = new RelayMemory(buffers);
    transfer.onCancel(this.#cancel);
  }

  target(): Buffer | undefined {
    return this.#memory.target();
  }

  take(piece: Buffer): boolean {
    const { transfer, head } = this.start;
    transfer.moved();
    const content = piece.length > this.#left ? piece.subarray(0, this.#left) : piece;
    this.#left -= content.length;
    const wantsMore = this.#pass(content);
    if (this.#isOver) {
      return true;
    }
    if (this.#left === 0) {
      this.#flush();
      // Bytes behind the body are not the response to a request (rule C8).
      this.#complete(piece.length > content.length ? 0 : head.keepAliveMs);
      return true;
    }
    // Through TLS more arrives after a pause. Only `resume` ends it.
    this.#isPaused ||= !wantsMore;
    return !this.#isPaused;
  }

  closed(error?: Error): void {
    this.#fail(error ?? connectionReset());
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
      this.start.connection.resume();
    }
  }

  cancel(reason: Error): void {
    this.#fail(reason);
  }

  /** @returns whether the consumer wants more */
  #pass(content: Buffer): boolean {
    if (content.length === 0) {
      return true;
    }
    const consumer = this.#consumer;
    if (!consumer) {
      this.#kept.push(Buffer.from(content));
      // The consumer of a long body can be expected to take lent memory.
      if (this.#left > SHARED_READ_BYTES) {
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
      return this.start.connection.isTls ? this.#gather() : this.#flush();
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

  #complete(keepMs: number): void {
    this.#end(keepMs);
    this.#consumer?.end();
  }

  #fail(error: Error): void {
    if (this.#isOver) {
      return;
    }
    this.#error = upstreamError(error, { origin: this.start.connection.origin, transfer: this.start.transfer });
    this.#end(0);
    this.#consumer?.fail(this.#error);
  }

  #end(keepMs: number): void {
    const { transfer, over } = this.start;
    this.#isOver = true;
    transfer.offCancel(this.#cancel);
    over(keepMs);
    this.#memory.close();
    if (!this.#memory.isUnused) {
      // The client may leave before it has read the last piece.
      transfer.atEnd(() => this.#memory.abandon());
    }
  }
}
