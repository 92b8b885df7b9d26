import { type BodyConsumer } from '../transfer/body';
import { type RequestBody } from '../transfer/request-body';
import { type Transfer } from '../transfer/transfer';
import { type RelayConnection } from './relay-connection';

/** Sends the body of a request on the connection of the request, with back-pressure. */
export class SentBody implements BodyConsumer {
  #isComplete = false;
  #isOver = false;

  /** @param failed called when the body fails */
  constructor(
    private readonly body: RequestBody,
    private readonly connection: RelayConnection,
    private readonly transfer: Transfer,
    private readonly failed: (error: Error) => void,
  ) {}

  get isComplete(): boolean {
    return this.#isComplete;
  }

  start(): void {
    this.connection.onDrain = () => this.body.resume();
    this.body.consume(this);
  }

  /** Sends nothing any more. */
  stop(reason: Error): void {
    if (!this.#isOver && !this.#isComplete) {
      this.#isOver = true;
      this.body.cancel(reason);
    }
    this.connection.onDrain = undefined;
  }

  chunk(piece: Buffer): boolean {
    this.transfer.copied(piece.length);
    return this.#isOver || this.connection.write(piece);
  }

  lent(piece: Buffer, done: () => void): boolean {
    return this.#isOver || this.connection.writeLent(piece, done);
  }

  end(): void {
    this.#isComplete = true;
  }

  fail(error: Error): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.failed(error);
    }
  }
}
