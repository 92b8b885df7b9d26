import { type Writable } from 'node:stream';
import { type Dispatcher } from 'undici';
import { sendWhole, WriteBatch } from '../client/client-writer';
import { MAX_DISCARD_MS, MAX_DISCARDED, tooLarge } from './response-limits';
import { type Transfer } from '../transfer/transfer';
import { type ResponseHeaders } from './response-headers';
import { type UpstreamResponse } from './upstream-transport';

/** Who gets the body. */
interface Consumer {
  /** False asks for a pause until {@link UndiciResponse} is told to go on. */
  chunk(chunk: Buffer): boolean;
  end(): void;
  fail(error: Error): void;
}

/**
 * What is kept of a body until it is known where it goes; then the upstream is held back. A manifest comes whole with the
 * headers: holding it back at once would cost more than all else that is done for it. In bytes.
 */
const MAX_KEPT = 64 * 1024;

/** The response to one dispatch. */
export class UndiciResponse implements UpstreamResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly early: boolean;
  readonly #controller: Dispatcher.DispatchController;
  readonly #transfer: Transfer;
  #consumer?: Consumer;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #ended = false;
  #error?: Error;

  constructor(start: {
    controller: Dispatcher.DispatchController;
    status: number;
    headers: ResponseHeaders;
    early: boolean;
    transfer: Transfer;
  }) {
    this.status = start.status;
    this.headers = start.headers;
    this.early = start.early;
    this.#controller = start.controller;
    this.#transfer = start.transfer;
  }

  pipeTo(sink: Writable): Promise<void> | undefined {
    if (this.#ended && this.#kept.length <= 1) {
      const [body] = this.#kept;
      this.#transfer.sent(body?.length ?? 0);
      sendWhole(sink, body, this.headers['content-length'] !== undefined);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const resume = (): void => this.#controller.resume();
      const batch = new WriteBatch(sink);
      sink.on('drain', resume);
      this.#transfer.blame(() => sink.writableNeedDrain);
      this.#consume({
        chunk: (chunk) => {
          this.#transfer.sent(chunk.length);
          return batch.write(chunk);
        },
        end: () => {
          sink.off('drain', resume);
          sink.end();
          resolve();
        },
        fail: (error) => {
          sink.off('drain', resume);
          reject(error);
        },
      });
    });
  }

  readAll(maxBytes: number, withinMs?: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const abort = (): void => this.#controller.abort(new Error('the answer did not come in time'));
      const late = withinMs === undefined ? undefined : setTimeout(abort, withinMs).unref();
      this.#consume({
        chunk: (chunk) => {
          this.#transfer.moved();
          size += chunk.length;
          if (size > maxBytes) {
            this.#controller.abort(tooLarge(maxBytes));
          } else {
            chunks.push(chunk);
          }
          return true;
        },
        end: () => {
          clearTimeout(late);
          resolve(Buffer.concat(chunks));
        },
        fail: (error) => {
          clearTimeout(late);
          reject(size > maxBytes ? tooLarge(maxBytes) : error);
        },
      });
    });
  }

  discard(): void {
    let size = 0;
    // An upstream that goes on and on must not hold a connection that nobody counts any more.
    const late = setTimeout(() => this.#controller.abort(new Error('the rest of the answer is not wanted')), MAX_DISCARD_MS).unref();
    this.#consume({
      chunk: (chunk) => {
        size += chunk.length;
        if (size > MAX_DISCARDED) {
          this.#controller.abort(new Error('the rest of the answer is not wanted'));
        }
        return true;
      },
      end: () => clearTimeout(late),
      fail: () => clearTimeout(late),
    });
  }

  /** For the dispatch: a piece of the body. */
  push(chunk: Buffer): void {
    // undici's parser gives an empty one after each pause.
    if (chunk.length === 0) {
      return;
    }
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

  #consume(consumer: Consumer): void {
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
}
