import { type IncomingMessage, ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { contentLength } from '@oci-connector/http';
import { type Arrivals } from '../transfer/arrivals';
import { type ReadBuffers } from '../transfer/read-buffers';
import { type Transfer } from '../transfer/transfer';
import { ChunkedFraming, LengthFraming } from './body-framing';
import { ClientBody } from './client-body';
import { type ClientReads } from './client-reads';
import { closeLingering } from './lingering-close';

/** How much of the next requests may arrive before the response is complete, in bytes. Then the connection is not read any further. */
const MAX_AHEAD = 64 * 1024;

/** Memory of a piece in addition to its content, in bytes: a client may send bytes one by one. */
const PIECE_BYTES = 256;

export interface PushConnectionOptions {
  readonly reads: ClientReads;
  readonly buffers: ReadBuffers;
  /** What has arrived after the request's headers. */
  readonly head: Buffer;
  /** Whether the client lets the connection be used for further requests. */
  readonly keepAlive: boolean;
  /** How long the connection may be idle after the response, in milliseconds. */
  readonly idleMs: number;
  /** Serves further requests, whose first bytes have arrived. */
  readonly reuse: (first: Buffer) => void;
}

/** The connection of a client that sends a body, detached from Node's HTTP server: the body is relayed. */
export class PushConnection implements Arrivals {
  readonly response: ServerResponse;
  readonly #socket: Socket;
  #body?: ClientBody;
  #ahead: Buffer[] = [];
  #aheadBytes = 0;
  #isIdle = false;
  /** Whether the last response was sent. What still arrives is read and discarded. */
  #isOver = false;
  #onGone: () => void = () => undefined;

  // Node.js does the same for a response on a connection of its server.
  readonly #drained = (): void => void this.response.emit('drain');
  readonly #timedOut = (): void => {
    if (this.#isIdle) {
      this.#socket.destroy();
    } else {
      this.response.emit('timeout');
    }
  };

  readonly #ended = (): void => {
    // A connection whose end was read does not report it again.
    this.response.shouldKeepAlive = false;
    if (this.#isIdle) {
      this.#socket.destroy();
    } else if (this.#body?.isComplete) {
      // Node.js does the same: the connection closes, and so does the response.
      this.#socket.end();
    } else {
      this.#onGone();
    }
  };

  readonly #closed = (): void => this.#body?.closed(new Error('the client closed its connection'));

  constructor(
    private readonly request: IncomingMessage,
    private readonly options: PushConnectionOptions,
  ) {
    const { reads, keepAlive, idleMs } = options;
    const { socket } = reads;
    this.#socket = socket;
    socket.pause();
    this.response = new ServerResponse(request);
    this.response.shouldKeepAlive = keepAlive;
    // What the server of Node.js announces by the Keep-Alive header. Node.js has no other way to set it.
    Reflect.set(this.response, '_keepAliveTimeout', idleMs);
    this.response.assignSocket(socket);
    this.response.once('finish', () => this.#finished());
    socket.on('drain', this.#drained);
    socket.on('timeout', this.#timedOut);
    socket.once('end', this.#ended);
    socket.once('close', this.#closed);
  }

  /** Calls the function when the client ends its side of the connection before the body is complete. */
  onGone(tell: () => void): void {
    this.#onGone = tell;
  }

  /** Begins to read the body. To be called once. */
  read(transfer: Transfer): ClientBody {
    const { reads, buffers, head } = this.options;
    const length = contentLength(this.request.headers);
    const body = new ClientBody({
      framing: length === undefined ? new ChunkedFraming() : new LengthFraming(length),
      contentLength: length,
      first: head,
      buffers,
      isTls: reads.socket instanceof TLSSocket,
      transfer,
      resume: () => void this.#socket.resume(),
      complete: (rest) => this.#complete(rest),
    });
    this.#body = body;
    reads.handTo(body.isComplete ? this : body);
    return body;
  }

  target(): undefined {
    return undefined;
  }

  /** Takes what arrives after the body. */
  take(piece: Buffer): boolean {
    if (this.#isIdle) {
      this.#reuse(Buffer.from(piece));
      return true;
    }
    if (this.#isOver) {
      return true;
    }
    this.#ahead.push(Buffer.from(piece));
    this.#aheadBytes += piece.length + PIECE_BYTES;
    return this.#aheadBytes < MAX_AHEAD;
  }

  #complete(rest: Buffer): void {
    this.options.reads.handTo(this);
    if (rest.length > 0) {
      this.take(rest);
    }
    // Otherwise nobody would notice that the client leaves.
    this.#socket.resume();
  }

  #finished(): void {
    const { response } = this;
    response.detachSocket(this.#socket);
    process.nextTick(() => response.emit('close'));
    if (!response.shouldKeepAlive || !this.#body?.isComplete) {
      this.#isOver = true;
      this.#ahead = [];
      this.#body?.cancel(new Error('the response came before the end of the body'));
      closeLingering(this.#socket);
      return this.#socket.destroySoon();
    }
    if (this.#ahead.length > 0) {
      return this.#reuse(Buffer.concat(this.#ahead));
    }
    this.#isIdle = true;
    this.#socket.setTimeout(this.options.idleMs);
  }

  #reuse(first: Buffer): void {
    const socket = this.#socket;
    socket.setTimeout(0);
    socket.off('drain', this.#drained);
    socket.off('timeout', this.#timedOut);
    socket.off('end', this.#ended);
    socket.off('close', this.#closed);
    this.options.reads.handTo(undefined);
    this.options.reuse(first);
  }
}
