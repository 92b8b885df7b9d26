import { type IncomingMessage, ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { closeLingering } from './lingering-close';
import { type UpgradableConnection, type Ways } from './ways';

/** How much a client may send before it gets a response, in bytes. RFC 6455 §4.1 allows nothing; CONNECT allows a first packet. */
const MAX_EARLY = 64 * 1024;

export interface UpgradingConnectionOptions {
  readonly socket: Socket;
  /** What has arrived after the request's headers. */
  readonly head: Buffer;
  /** Serves further requests after a refusal; absent: the connection closes. */
  readonly reuse?: () => void;
  /** See {@link UpgradableConnection}. */
  readonly serveInside: (inner: Socket, ways: Ways) => void;
  readonly refusePlainHttp: () => void;
}

/**
 * The connection of a client that requests a WebSocket or a tunnel, detached from Node's HTTP server, and the response on it. Until the
 * response is known, this class reads the connection, to notice when the client closes it. The listener handles the connection's errors.
 */
export class UpgradingConnection implements UpgradableConnection {
  readonly response: ServerResponse;
  readonly socket: Socket;
  readonly #early: Buffer[] = [];
  #earlyBytes = 0;
  #onGone: () => void = () => undefined;
  readonly #ended = (): void => {
    // A connection whose end was read does not report it again.
    this.response.shouldKeepAlive = false;
    this.#onGone();
  };

  readonly #keep = (chunk: Buffer): void => {
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (!this.response.headersSent) {
      this.response.shouldKeepAlive = false;
    }
    if (this.#earlyBytes > MAX_EARLY) {
      this.socket.destroy();
    }
  };

  // Node.js does the same for a response on a connection of its server.
  readonly #drained = (): void => void this.response.emit('drain');
  readonly #timedOut = (): void => void this.response.emit('timeout');

  constructor(
    request: IncomingMessage,
    private readonly options: UpgradingConnectionOptions,
  ) {
    const { socket, head, reuse } = options;
    this.socket = socket;
    this.response = new ServerResponse(request);
    // What a client sends before the answer is for the tunnel. If there is none, it must not be parsed as a request (rule C8).
    this.response.shouldKeepAlive = reuse !== undefined && head.length === 0;
    this.response.assignSocket(socket);
    socket.on('drain', this.#drained);
    socket.on('timeout', this.#timedOut);
    this.response.once('finish', () => this.#finished());
    if (head.length > 0) {
      socket.unshift(head);
    }
    socket.on('data', this.#keep);
    socket.once('end', this.#ended);
  }

  /** Calls the function when the client ends its side of the connection before it gets a response. */
  onGone(tell: () => void): void {
    this.#onGone = tell;
  }

  release(): void {
    this.socket.pause();
    this.#forget();
    for (const chunk of this.#early.splice(0).reverse()) {
      this.socket.unshift(chunk);
    }
  }

  /** The short time limit of the lingering close must not begin earlier: a slow client may need longer to read what was written. */
  close(): void {
    this.socket.end(() => this.#closeLingering());
  }

  serveInside(inner: Socket, ways: Ways): void {
    this.#detach();
    this.options.serveInside(inner, ways);
  }

  refusePlainHttp(): void {
    this.#detach();
    this.options.refusePlainHttp();
  }

  #finished(): void {
    const { reuse } = this.options;
    if (this.response.shouldKeepAlive && reuse) {
      this.release();
      this.#detach();
      reuse();
    } else {
      this.#forget();
      this.#detach();
      this.#closeLingering();
    }
  }

  /** Ends the response, as Node.js does for a response that is complete. */
  #detach(): void {
    this.response.detachSocket(this.socket);
    process.nextTick(() => this.response.emit('close'));
  }

  #closeLingering(): void {
    closeLingering(this.socket);
    this.socket.destroySoon();
  }

  #forget(): void {
    this.socket.off('data', this.#keep);
    this.socket.off('end', this.#ended);
    this.socket.off('drain', this.#drained);
    this.socket.off('timeout', this.#timedOut);
  }
}
