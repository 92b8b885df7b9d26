import { IncomingMessage, ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { type WebSocketClient } from '../transfer/web-socket-client';
import { closeLingering } from './lingering-close';

/** What a client may send before it has an answer; RFC 6455 §4.1 allows nothing. In bytes. */
const MAX_EARLY = 64 * 1024;

/**
 * Requests of clients. Node.js hands the bare connection of whatever asks for an upgrade to the listeners of `upgrade`, body and following
 * requests included. It is to do so for WebSocket only; everything else stays a request like any other, framed by Node.js (rule C8).
 */
export class ClientRequest extends IncomingMessage {
  /** Whether there was an Upgrade header, and a Connection header that names it; declared only, because Node.js sets it before fields are made. */
  declare asked?: boolean;

  static {
    // By this undici knows a request whose connection must outlive it: it would cut off a client that still sends when the answer comes.
    this.prototype.constructor = IncomingMessage;
  }

  /** Node.js sets it when the head was read, and asks for it when it decides who gets the request. */
  get upgrade(): boolean {
    return this.asked === true && (this.method === 'CONNECT' || opensWebSocket(this));
  }

  set upgrade(asked: boolean) {
    this.asked = asked;
  }
}

/** RFC 6455 §4.1, and no content: nobody could say where it ends and the WebSocket begins. */
function opensWebSocket({ method, httpVersion, headers }: IncomingMessage): boolean {
  const hasContent = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  return method === 'GET' && httpVersion === '1.1' && headers.upgrade?.toLowerCase() === 'websocket' && !hasContent;
}

/**
 * The connection of a client that asks for a WebSocket, which Node.js has let go of, and the answer on it. Until the answer is known it is
 * read, so that its end is noticed. After any answer but 101 it is closed. Its errors are the listener's affair.
 */
export class UpgradingConnection implements WebSocketClient {
  readonly response: ServerResponse;
  readonly #early: Buffer[] = [];
  #earlyBytes = 0;
  #onGone: () => void = () => undefined;
  readonly #ended = (): void => this.#onGone();
  readonly #keep = (chunk: Buffer): void => {
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
    if (this.#earlyBytes > MAX_EARLY) {
      this.socket.destroy();
    }
  };

  constructor(
    request: IncomingMessage,
    readonly socket: Socket,
    head: Buffer,
  ) {
    this.response = new ServerResponse(request);
    this.response.shouldKeepAlive = false;
    this.response.assignSocket(socket);
    // What Node.js does for a response on a connection of its own.
    socket.on('drain', () => this.response.emit('drain'));
    socket.on('timeout', () => this.response.emit('timeout'));
    this.response.once('finish', () => this.#finished());
    if (head.length > 0) {
      socket.unshift(head);
    }
    socket.on('data', this.#keep);
    socket.once('end', this.#ended);
  }

  /** Calls back when the client ends its side before it has an answer. */
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

  close(): void {
    closeLingering(this.socket);
    this.socket.destroySoon();
  }

  #finished(): void {
    this.#forget();
    this.response.detachSocket(this.socket);
    this.close();
    process.nextTick(() => this.response.emit('close'));
  }

  #forget(): void {
    this.socket.off('data', this.#keep);
    this.socket.off('end', this.#ended);
  }
}
