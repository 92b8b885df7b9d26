import { type IncomingMessage } from 'node:http';
import { type Writable } from 'node:stream';
import { MAX_DISCARD_MS, MAX_DISCARDED, tooLarge } from './response-limits';
import { type Transfer } from './transfer';
import { type UpstreamResponse, type ResponseHeaders } from './upstream-transport';

export interface IncomingResponseContext {
  readonly early: boolean;
  readonly transfer: Transfer;
  readonly toError: (error: unknown) => Error;
}

/** The response to one request by `node:http`. It does not flow until it is known where its body goes. */
export class IncomingResponse implements UpstreamResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly early: boolean;
  readonly #transfer: Transfer;
  /** Settles when the body is complete, or when there will be no more of it. */
  readonly #complete: Promise<void>;

  constructor(
    private readonly incoming: IncomingMessage,
    { early, transfer, toError }: IncomingResponseContext,
  ) {
    this.status = incoming.statusCode ?? 0;
    this.headers = incoming.headers;
    this.early = early;
    this.#transfer = transfer;
    this.#complete = new Promise((resolve, reject) => {
      incoming.once('end', resolve);
      incoming.once('error', (error) => reject(toError(error)));
    });
    // Whoever reads the body hears of it; before that, nobody has to.
    this.#complete.catch(() => undefined);
  }

  async pipeTo(sink: Writable): Promise<void> {
    this.#transfer.blame(() => sink.writableNeedDrain);
    this.incoming.on('data', (chunk: Buffer) => this.#transfer.sent(chunk.length));
    this.incoming.pipe(sink);
    try {
      await this.#complete;
    } catch (error) {
      this.incoming.unpipe(sink);
      throw error;
    }
  }

  async readAll(maxBytes: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    this.incoming.on('data', (chunk: Buffer) => {
      this.#transfer.moved();
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else this.incoming.destroy(tooLarge(maxBytes));
    });
    try {
      await this.#complete;
    } catch (error) {
      throw size > maxBytes ? tooLarge(maxBytes) : error;
    }
    return Buffer.concat(chunks);
  }

  discard(): void {
    let size = 0;
    // A service that goes on and on must not hold a connection that nobody counts any more.
    const late = setTimeout(() => this.incoming.destroy(), MAX_DISCARD_MS).unref();
    this.incoming.once('close', () => clearTimeout(late));
    this.incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_DISCARDED) this.incoming.destroy();
    });
  }
}
