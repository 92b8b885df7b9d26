import { type IncomingMessage } from 'node:http';
import { RegistryError } from './registry-error';
import { type RecordedRequest, type RequestLog } from './request-log';

/** One request under way: its record, its query and its body, every byte of which is counted as it arrives. */
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

  /** Chunks of the body as they arrive; throws when the client goes away. May be left early and taken up again. */
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

  /** The whole body, which may have at most `limit` bytes. */
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

  /** Reads until `bytes` of the body have arrived, or all of it. */
  async readAtLeast(bytes: number): Promise<void> {
    const body = this.body();
    let more = true;
    while (more && this.record.bodyBytes < bytes) {
      more = (await body.next()).done !== true;
    }
    await body.return();
  }

  /** Reads and drops what is left, so that the connection can serve the next request. */
  async drain(): Promise<void> {
    await this.readAtLeast(Infinity);
  }
}
