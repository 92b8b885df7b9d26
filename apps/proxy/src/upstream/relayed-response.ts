import { type BodyConsumer } from '../transfer/body';
import { type ReadBuffers, SHARED_READ_BYTES } from '../transfer/read-buffers';
import { RelayedBody } from '../transfer/relayed-body';
import { type Transfer } from '../transfer/transfer';
import { type PlainHead } from './plain-head';
import { connectionReset, type RelayConnection, type UpstreamArrivals } from './relay-connection';
import { type ResponseHeaders } from './response-headers';
import { upstreamError } from './upstream-error';
import { type UpstreamResponse } from './upstream-transport';

export interface RelayedResponseStart {
  readonly head: PlainHead;
  /** See {@link UpstreamResponse}. */
  readonly early: boolean;
  readonly connection: RelayConnection;
  readonly buffers: ReadBuffers;
  readonly transfer: Transfer;
  /** Called once, at the end. @param keepMs how long the connection may be kept, in milliseconds; 0: it is closed */
  readonly over: (keepMs: number) => void;
}

/** A response whose body has a known length, and is relayed. */
export class RelayedResponse implements UpstreamResponse, UpstreamArrivals {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly early: boolean;
  readonly #body: RelayedBody;
  /** What is missing of the body, in bytes. */
  #left: number;
  #keepMs: number;

  constructor(private readonly start: RelayedResponseStart) {
    const { head, early, connection, buffers, transfer } = start;
    this.status = head.status;
    this.headers = head.headers;
    this.early = early;
    this.#left = head.length;
    this.#keepMs = head.keepAliveMs;
    this.#body = new RelayedBody({
      buffers,
      transfer,
      isTls: connection.isTls,
      resume: () => connection.resume(),
      over: (error) => this.#over(error),
    });
  }

  target(): Buffer | undefined {
    return this.#body.target();
  }

  take(piece: Buffer): boolean {
    this.start.transfer.moved();
    const content = piece.length > this.#left ? piece.subarray(0, this.#left) : piece;
    this.#left -= content.length;
    const wantsMore = this.#body.take(content, this.#left > SHARED_READ_BYTES);
    if (this.#body.isOver) {
      return true;
    }
    if (this.#left > 0) {
      return wantsMore;
    }
    if (piece.length > content.length) {
      // Bytes behind the body are not the response to a request (rule C8).
      this.#keepMs = 0;
    }
    this.#body.complete();
    return true;
  }

  closed(error: Error = connectionReset()): void {
    this.#fail(error);
  }

  consume(consumer: BodyConsumer): void {
    this.#body.consume(consumer);
  }

  resume(): void {
    this.#body.resume();
  }

  cancel(reason: Error): void {
    this.#fail(reason);
  }

  #fail(error: Error): void {
    const { connection, transfer } = this.start;
    this.#body.fail(upstreamError(error, { origin: connection.origin, transfer }));
  }

  #over(error?: Error): void {
    this.start.over(error ? 0 : this.#keepMs);
    this.#body.close();
  }
}
