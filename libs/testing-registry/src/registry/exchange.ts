import { type IncomingMessage } from 'node:http';
import { RegistryError } from './registry-error';
import { type RecordedRequest, type RequestLog } from './request-log';

/** A request that is being handled: its record, its query and its body. Each byte of the body is counted when it arrives. */
export class Exchange {
  readonly parameters: URLSearchParams;

  constructor(
    private readonly request: IncomingMessage,
    private readonly log: RequestLog,
    readonly record: RecordedRequest,
  ) {
    this.parameters = new URLSearchParams(record.query);
  }

  get method(): string {
    return this.record.method;
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /**
   * Yields the chunks of the body as they arrive. A caller may stop early and continue later.
   *
   * @throws Error when the client closes the connection
   */
  async *body(): AsyncGenerator<Buffer, void, undefined> {
    if (this.request.readableEnded) {
      return;
    }
    for await (const chunk of this.request.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Buffer;
      this.record.bodyBytes += bytes.length;
      this.log.changed();
      yield bytes;
    }
  }

  /**
   * Returns the whole body.
   *
   * @throws RegistryError (SIZE_INVALID, 413) when it has more than `limit` bytes
   */
  async readBody(limit: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.body()) {
      size += chunk.length;
      if (size > limit) {
        throw new RegistryError('SIZE_INVALID', `more than ${limit} bytes`, { status: 413 });
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** Reads until `bytes` of the body, or the whole body, have arrived. */
  async readAtLeast(bytes: number): Promise<void> {
    const body = this.body();
    let more = true;
    while (more && this.record.bodyBytes < bytes) {
      more = (await body.next()).done !== true;
    }
    await body.return();
  }

  /** Reads and discards the rest of the body, so that the connection can serve the next request. */
  async drain(): Promise<void> {
    await this.readAtLeast(Infinity);
  }
}
