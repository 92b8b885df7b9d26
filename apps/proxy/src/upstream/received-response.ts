import { type Dispatcher } from 'undici';
import { type BodyConsumer } from '../transfer/body';
import { type Transfer } from '../transfer/transfer';
import { type ResponseHeaders } from './response-headers';
import { type UpstreamResponse } from './upstream-transport';

/**
 * How much of a body is kept until it has a consumer. At this size the upstream is paused. A manifest arrives complete with the headers:
 * pausing immediately would cost more than all other work for it. In bytes.
 */
const MAX_KEPT = 64 * 1024;

/** Pauses, resumes or aborts the sender of a body. */
export type BodyController = Pick<Dispatcher.DispatchController, 'pause' | 'resume' | 'abort'>;

/** A response whose pieces the transport passes on as they arrive. It keeps them until the body has a consumer. */
export class ReceivedResponse implements UpstreamResponse {
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

  /** Takes a chunk of the body from the transport. */
  push(chunk: Buffer): void {
    // undici's parser emits an empty chunk after each pause.
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

  /** Called by the transport when the body is complete. */
  end(): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.#consumer?.end();
  }

  /** Called by the transport when the rest of the body will not arrive. */
  fail(error: Error): void {
    if (this.#ended) {
      return;
    }
    this.#error = error;
    this.#consumer?.fail(error);
  }
}
