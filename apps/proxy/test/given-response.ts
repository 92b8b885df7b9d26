import { Readable } from 'node:stream';
import { type ResponseHeaders } from '../src/upstream/response-headers';
import { type BodyConsumer } from '../src/transfer/body';
import { type UpstreamResponse } from '../src/upstream/upstream-transport';

/** An upstream response for tests, without a registry. */
export class GivenResponse implements UpstreamResponse {
  readonly early = false;
  #consumed = false;

  constructor(
    readonly status: number,
    readonly headers: ResponseHeaders = {},
    private readonly body: Readable = Readable.from([]),
  ) {}

  /** Whether the body was consumed. A body without a consumer would keep its connection. */
  get consumed(): boolean {
    return this.#consumed;
  }

  consume(consumer: BodyConsumer): void {
    this.#consumed = true;
    this.body.on('data', (piece: Buffer) => {
      if (!consumer.chunk(piece)) {
        this.body.pause();
      }
    });
    this.body.on('end', () => consumer.end());
    this.body.on('error', (error) => consumer.fail(error));
  }

  resume(): void {
    this.body.resume();
  }

  cancel(reason: Error): void {
    this.body.destroy(reason);
  }
}
