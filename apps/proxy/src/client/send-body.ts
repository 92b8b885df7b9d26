import { type Socket } from 'node:net';
import { type Body, type BodyConsumer } from '../transfer/body';
import { type Transfer } from '../transfer/transfer';
import { atEndOfTurn } from '../transfer/at-end-of-turn';
import { type ClientSink } from './client-sink';

/** The longest body, in bytes, that is copied into a string to send it in one write with the headers. */
const MAX_JOINED = 8 * 1024;

export interface BodyRecipient {
  readonly sink: ClientSink;
  /** Counts what is sent. */
  readonly transfer: Transfer;
  /** Whether the response has a Content-Length. Without one it is sent in chunks, which cannot be joined with the headers. */
  readonly hasLength: boolean;
  /** Rewrites the body. */
  readonly rewrite?: (next: BodyConsumer) => BodyConsumer;
}

/**
 * Sends a body to the client with back-pressure, and ends the response. Resolves when the body is complete; a body that arrived within one
 * turn of the event loop is written at the end of this turn. Rejects when the body fails; the response is then not ended.
 */
export function sendBody(body: Body, recipient: BodyRecipient): Promise<void> {
  return new Promise((resolve, reject) => {
    const { sink, transfer, rewrite } = recipient;
    // Not `writableNeedDrain`: a lent piece pauses the body although the connection has room for more.
    transfer.blame(() => sink.writableLength > 0);
    const sender = new BodySender(recipient, { resume: () => body.resume(), resolve, reject });
    body.consume(rewrite ? rewrite(sender) : sender);
  });
}

interface Settlement {
  readonly resume: () => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Writes a body to the client. It keeps the first piece until the end of the turn: if the body is complete by then, it is sent together
 * with the headers. Otherwise all writes of a turn are collected. For this it corks the connection, not the response: a chunked response
 * that is corked may never drain (Node.js 24).
 */
class BodySender implements BodyConsumer {
  #state: 'waiting' | 'streaming' | 'whole' | 'over' = 'waiting';
  #first?: Buffer;
  #isDue = false;
  #corked: Socket | null = null;
  #listensForDrain = false;
  readonly #turnEnded = (): void => {
    this.#isDue = false;
    if (this.#state === 'whole') {
      this.#sendWhole();
    } else if (this.#state === 'waiting') {
      this.#beginStream();
    }
    this.#uncork();
  };

  constructor(
    private readonly recipient: BodyRecipient,
    private readonly settlement: Settlement,
  ) {}

  chunk(piece: Buffer): boolean {
    this.recipient.transfer.sent(piece.length);
    if (this.#state === 'waiting') {
      if (this.#first === undefined) {
        this.#first = piece;
        this.#atEndOfTurn();
        return true;
      }
      this.#beginStream();
    }
    return this.#write(piece);
  }

  lent(piece: Buffer, done: () => void): boolean {
    const { sink, transfer } = this.recipient;
    transfer.sentLent(piece.length);
    this.#beginStream();
    this.#uncork();
    if (sink.destroyed) {
      return true;
    }
    // Node.js would delay the write until the end of the task, but not that of a connection that is corked already.
    const { socket } = sink;
    socket?.cork();
    sink.write(piece, done);
    socket?.uncork();
    // Node.js often writes before `write` returns. If not, it still reads the memory.
    return sink.writableLength === 0;
  }

  end(): void {
    if (this.#state === 'waiting') {
      this.#state = 'whole';
      this.#atEndOfTurn();
    } else {
      this.#over();
      this.recipient.sink.end();
    }
    this.settlement.resolve();
  }

  fail(error: Error): void {
    this.#over();
    this.settlement.reject(error);
  }

  #sendWhole(): void {
    const { sink, hasLength } = this.recipient;
    const body = this.#first;
    this.#over();
    if (sink.destroyed) {
      return;
    }
    if (body === undefined || !hasLength || body.length > MAX_JOINED) {
      sink.end(body);
      return;
    }
    // Headers and body in one write: Node.js joins a string with the headers, but not a Buffer.
    sink.write(body.toString('latin1'), 'latin1');
    // Uncork now: at the end, Node.js would add an empty string, and there would be two buffers again.
    sink.socket?.uncork();
    sink.end();
  }

  #beginStream(): void {
    const first = this.#first;
    this.#first = undefined;
    this.#state = 'streaming';
    if (first !== undefined && !this.recipient.sink.destroyed) {
      this.#write(first);
    }
  }

  #write(piece: Buffer): boolean {
    const { sink } = this.recipient;
    this.#cork();
    if (sink.write(piece)) {
      return true;
    }
    this.#uncork();
    if (!this.#listensForDrain) {
      this.#listensForDrain = true;
      sink.on('drain', this.settlement.resume);
    }
    return false;
  }

  /** Corks the connection. A response that waits for an earlier response on its connection has no socket yet. */
  #cork(): void {
    if (this.#corked) {
      return;
    }
    this.#corked = this.recipient.sink.socket;
    this.#corked?.cork();
    this.#atEndOfTurn();
  }

  #uncork(): void {
    this.#corked?.uncork();
    this.#corked = null;
  }

  #atEndOfTurn(): void {
    if (!this.#isDue) {
      this.#isDue = true;
      atEndOfTurn(this.#turnEnded);
    }
  }

  #over(): void {
    this.#state = 'over';
    this.#first = undefined;
    if (this.#listensForDrain) {
      this.recipient.sink.off('drain', this.settlement.resume);
    }
  }
}
