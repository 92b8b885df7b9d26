import { type Dispatcher } from 'undici';
import { type BodyConsumer } from '../transfer/body';
import { type Transfer } from '../transfer/transfer';
import { type ResponseHeaders } from './response-headers';
import { type UpstreamResponse } from './upstream-transport';

/**
 * What is kept of a body until it is known where it goes; then the upstream is held back. A manifest comes whole with the
 * headers: holding it back at once would cost more than all else that is done for it. In bytes.
 */
const MAX_KEPT = 64 * 1024;

/** Holds the sender of a body back, lets it go on, or cuts it off. */
export type BodyController = Pick<Dispatcher.DispatchController, 'pause' | 'resume' | 'abort'>;

/** The response to one dispatch. */
export class UndiciResponse implements UpstreamResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly early: boolean;
  readonly #controller: BodyController;
  readonly #transfer: Transfer;
  #consumer?: BodyConsumer;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #ended = false;
  #error?: Error;

  constructor(start: { controller: BodyController; status: number; headers: ResponseHeaders; early: boolean; transfer: Transfer }) {
    this.status = start.status;
    this.headers = start.headers;
    this.early = start.early;
    this.#controller = start.controller;
    this.#transfer = start.transfer;
  }

  consume(consumer: BodyConsumer): void {
    this.#consumer = consumer;
    let wantsMore = true;
    for (const chunk of this.#kept.splice(0)) {
      wantsMore = consumer.chunk(chunk);
    }
    if (this.#error) {
      consumer.fail(this.#error);
    } else if (this.#ended) {
      consumer.end();
    } else if (wantsMore) {
      this.#controller.resume();
    } else {
      this.#controller.pause();
    }
  }

  resume(): void {
    this.#controller.resume();
  }

  cancel(reason: Error): void {
    if (!this.#ended) {
      this.#controller.abort(reason);
    }
  }

  /** For the dispatch: a piece of the body. */
  push(chunk: Buffer): void {
    // undici's parser gives an empty one after each pause.
    if (chunk.length === 0) {
      return;
    }
    this.#transfer.moved();
    if (this.#consumer) {
      if (!this.#consumer.chunk(chunk)) {
        this.#controller.pause();
      }
      return;
    }
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
    if (this.#keptBytes >= MAX_KEPT) {
      this.#controller.pause();
    }
  }

  /** For the dispatch: the body is complete. */
  end(): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.#consumer?.end();
  }

  /** For the dispatch: there will be no more of it. */
  fail(error: Error): void {
    if (this.#ended) {
      return;
    }
    this.#error = error;
    this.#consumer?.fail(error);
  }
}
