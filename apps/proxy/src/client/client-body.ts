import { type Arrivals } from '../transfer/arrivals';
import { type BodyConsumer } from '../transfer/body';
import { type ReadBuffers } from '../transfer/read-buffers';
import { RelayedBody } from '../transfer/relayed-body';
import { type RequestBody } from '../transfer/request-body';
import { type Transfer } from '../transfer/transfer';
import { type BodyFraming, type FramedPiece } from './body-framing';

export interface ClientBodyStart {
  readonly framing: BodyFraming;
  /** Value of Content-Length; absent: chunked. */
  readonly contentLength?: number;
  /** What has arrived together with the head of the request. */
  readonly first: Buffer;
  readonly buffers: ReadBuffers;
  readonly isTls: boolean;
  readonly transfer: Transfer;
  /** Reads the connection further. It is paused at first. */
  readonly resume: () => void;
  /** Called once, when the body is complete, with what has arrived behind it. From then on something else takes what arrives. */
  readonly complete: (rest: Buffer) => void;
}

/** The body of a request. It is read from the connection itself, and relayed. */
export class ClientBody implements RequestBody, Arrivals {
  readonly contentLength?: number;
  readonly #body: RelayedBody;
  #isComplete = false;
  /** Content that nobody has taken yet, in bytes. */
  #waiting = 0;

  constructor(private readonly start: ClientBodyStart) {
    const { contentLength, buffers, isTls, transfer, resume, first } = start;
    this.contentLength = contentLength;
    this.#body = new RelayedBody({ buffers, isTls, transfer, resume, isPaused: true });
    if (first.length > 0) {
      this.take(first);
    }
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  get hasConsumer(): boolean {
    return this.#body.hasConsumer;
  }

  get isAwaited(): boolean {
    return !this.#isComplete && this.#body.hasConsumer && !this.#body.isPaused;
  }

  target(): Buffer | undefined {
    return this.#body.isOver ? undefined : this.#body.target();
  }

  take(piece: Buffer): boolean {
    if (this.#body.isOver) {
      // The rest of a body that failed. The connection is read only until the client has got the response.
      this.#body.close();
      return true;
    }
    const framed = this.#read(piece);
    if (!framed) {
      return true;
    }
    const { before, body, content, rest } = framed;
    this.#count(content);
    // Without a buffer until much arrives: a client without a token could hold it.
    const wantsMore = this.#body.take(before ? Buffer.concat([before, body]) : body, false);
    if (!rest || this.#body.isOver) {
      return wantsMore;
    }
    this.#isComplete = true;
    // It is in the memory of the body.
    const ahead = Buffer.from(rest);
    this.#body.complete();
    this.#body.close();
    this.start.complete(ahead);
    return true;
  }

  consume(consumer: BodyConsumer): void {
    this.#body.consume(consumer);
    this.#count(0);
  }

  resume(): void {
    this.#body.resume();
  }

  cancel(reason: Error): void {
    this.#body.fail(reason);
  }

  /** The connection has closed. */
  closed(error: Error): void {
    this.#body.fail(error);
    this.#body.close();
  }

  /** The content of a request that is refused before anything reads it is not transferred. */
  #count(content: number): void {
    this.#waiting += content;
    if (this.#body.hasConsumer) {
      this.start.transfer.receivedLent(this.#waiting);
      this.#waiting = 0;
    }
  }

  #read(piece: Buffer): FramedPiece | undefined {
    try {
      return this.start.framing.read(piece);
    } catch (error) {
      this.#body.fail(error as Error);
      return undefined;
    }
  }
}
