import { type IncomingHttpHeaders } from 'node:http';
import { type Socket } from 'node:net';
import { type RequestHead } from '../naming/request-head';
import { type Arrivals } from '../transfer/arrivals';
import { type ClientReads } from './client-reads';
import { type PlainRequestHead, readPlainRequest } from './plain-request';
import { PlainResponse } from './plain-response';

/** How much of the next requests may arrive before the response is complete, in bytes. Then the connection is not read any further. */
const MAX_AHEAD = 64 * 1024;

/** Memory of a piece in addition to its content, in bytes: a client may send bytes one by one. */
const PIECE_BYTES = 256;

export interface PlainConnectionOptions {
  readonly reads: ClientReads;
  /** Time limit for the first request, in milliseconds. */
  readonly firstMs: number;
  /** How long the connection may be idle between two requests, in milliseconds. */
  readonly idleMs: number;
  /** The value of Date. */
  readonly date: () => string;
  readonly serve: (request: RequestHead, response: PlainResponse) => void;
  /** Called when no first request arrived in time. Nothing is read any more. */
  readonly onSilent: () => void;
  /** Serves this and all further requests on the connection. */
  readonly handOver: (first: Buffer) => void;
}

/** The head of a plain request, on a connection. */
class PlainRequest implements RequestHead {
  readonly httpVersion = '1.1';
  readonly method: string;
  url: string;
  headers: IncomingHttpHeaders;
  rawHeaders: string[];

  constructor(
    readonly socket: Socket,
    { method, url, headers, rawHeaders }: PlainRequestHead,
  ) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
  }
}

/**
 * Serves plain requests on a connection, one after the other, without `node:http`. At the first other request it hands over the connection
 * for good.
 */
export class PlainConnection implements Arrivals {
  readonly #socket: Socket;
  #response?: PlainResponse;
  #ahead: Buffer[] = [];
  #aheadBytes = 0;
  #hasServed = false;
  /** Whether the last response was sent. What still arrives is read and discarded. */
  #isOver = false;
  readonly #drained = (): void => void this.#response?.emit('drain');
  readonly #failed = (): void => void this.#socket.destroy();
  readonly #closed = (): void => this.#response?.closed();
  readonly #finished = (): void => this.#next();

  // As for a connection of `node:http`: a client that ends its side has left.
  readonly #ended = (): void => void this.#socket.end();

  readonly #timedOut = (): void => {
    if (this.#response) {
      this.#response.timedOut();
    } else if (this.#hasServed) {
      this.#socket.destroy();
    } else {
      this.#release();
      this.options.onSilent();
    }
  };

  constructor(private readonly options: PlainConnectionOptions) {
    const { reads, firstMs } = options;
    const { socket } = reads;
    this.#socket = socket;
    socket.setTimeout(firstMs);
    socket.on('drain', this.#drained);
    socket.on('timeout', this.#timedOut);
    socket.on('error', this.#failed);
    socket.once('end', this.#ended);
    socket.once('close', this.#closed);
    reads.handTo(this);
    socket.resume();
  }

  target(): undefined {
    return undefined;
  }

  take(piece: Buffer): boolean {
    if (this.#isOver) {
      return true;
    }
    if (!this.#response) {
      this.#read(piece);
      return true;
    }
    this.#ahead.push(Buffer.from(piece));
    this.#aheadBytes += piece.length + PIECE_BYTES;
    return this.#aheadBytes < MAX_AHEAD;
  }

  #read(piece: Buffer): void {
    const head = readPlainRequest(piece);
    if (!head) {
      this.#release();
      return this.options.handOver(Buffer.from(piece));
    }
    if (piece.length > head.bytes) {
      this.#ahead = [Buffer.from(piece.subarray(head.bytes))];
      this.#aheadBytes = piece.length - head.bytes + PIECE_BYTES;
    }
    const { idleMs, date } = this.options;
    const { method, keepAlive } = head;
    this.#hasServed = true;
    this.#response = new PlainResponse({ method, socket: this.#socket, keepAlive, idleMs, date });
    this.#response.once('finish', this.#finished);
    this.options.serve(new PlainRequest(this.#socket, head), this.#response);
  }

  /** The response is complete. */
  #next(): void {
    const isLast = this.#response?.shouldKeepAlive === false;
    this.#response = undefined;
    if (isLast) {
      this.#isOver = true;
      return this.#socket.destroySoon();
    }
    this.#socket.setTimeout(this.options.idleMs);
    if (this.#aheadBytes > 0) {
      const piece = this.#ahead.length === 1 ? this.#ahead[0] : Buffer.concat(this.#ahead);
      this.#ahead = [];
      this.#aheadBytes = 0;
      this.#socket.resume();
      this.#read(piece ?? Buffer.alloc(0));
    }
  }

  #release(): void {
    const socket = this.#socket;
    socket.setTimeout(0);
    socket.off('drain', this.#drained);
    socket.off('timeout', this.#timedOut);
    socket.off('error', this.#failed);
    socket.off('end', this.#ended);
    socket.off('close', this.#closed);
    this.options.reads.handTo(undefined);
  }
}
