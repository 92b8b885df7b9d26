import { ServerResponse } from 'node:http';
import { type Writable } from 'node:stream';
import { atEndOfTurn } from './at-end-of-turn';

/** A longer body is not copied into a text. In bytes. */
const MAX_JOINED = 8 * 1024;

/**
 * Ends a response whose body is all here, at the end of the turn.
 *
 * @param hasLength the response has a Content-Length; without one it goes in chunks, which cannot be joined with the head
 */
export function sendWhole(sink: Writable, body: Buffer | undefined, hasLength: boolean): void {
  atEndOfTurn(() => {
    if (sink.destroyed) {
      return;
    }
    if (body && hasLength && body.length <= MAX_JOINED) {
      sendJoined(sink, body);
    } else {
      sink.end(body);
    }
  });
}

/** Head and body in one write: Node.js joins a text with the head, and bytes it does not. */
function sendJoined(sink: Writable, body: Buffer): void {
  sink.write(body.toString('latin1'), 'latin1');
  // Held back until the end, it would be joined by an empty text, and be two buffers again.
  connectionOf(sink)?.uncork();
  sink.end();
}

/**
 * Collects what is written within one turn of the event loop, until the sink has enough. What is corked is the connection: a message
 * in chunks that is corked itself may never drain (Node.js 24).
 */
export class WriteBatch {
  #corked?: Writable;
  readonly #flush = (): void => {
    this.#corked?.uncork();
    this.#corked = undefined;
  };

  constructor(private readonly sink: Writable) {}

  /** False asks for a pause until the sink drains. */
  write(chunk: Buffer): boolean {
    if (!this.#corked) {
      this.#cork();
    }
    const more = this.sink.write(chunk);
    if (!more) {
      this.#flush();
    }
    return more;
  }

  #cork(): void {
    const connection = connectionOf(this.sink);
    if (!connection) {
      return;
    }
    this.#corked = connection;
    connection.cork();
    atEndOfTurn(this.#flush);
  }
}

/** A response whose turn on its connection has not come has none. */
function connectionOf(sink: Writable): Writable | null {
  return sink instanceof ServerResponse ? sink.socket : sink;
}
