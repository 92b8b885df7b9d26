import { type ClientRequest, type IncomingMessage, request as sendRequest } from 'node:http';
import { Duplex } from 'node:stream';
import { type UpstreamArrivals, type RelayConnection } from './relay-connection';
import { receivedMessage } from './received-message';
import { invalidAnswer, upstreamError } from './upstream-error';
import { type UpstreamRequest, type UpstreamResponse } from './upstream-transport';

/** Longest head of a response, as for other requests; the default of Node.js is 16 KiB. In bytes. */
const MAX_HEADER_BYTES = 64 * 1024;

/** How long a connection may be idle after such a response, in milliseconds: shorter than servers usually wait, because their hints are not read. */
const KEEP_ALIVE_MS = 4_000;

export interface HandOver {
  readonly request: UpstreamRequest;
  readonly connection: RelayConnection;
  /** Whether the body of the request is not complete yet. */
  readonly isEarly: () => boolean;
  readonly resolve: (response: UpstreamResponse) => void;
  readonly reject: (error: Error) => void;
  /** Called once, at the end. @param keepMs how long the connection may be kept, in milliseconds; 0: it is closed */
  readonly over: (keepMs: number) => void;
}

/** Lets `node:http` read the response to a request that was sent already. */
export class HandedOver implements UpstreamArrivals {
  readonly #stream: ReceivedBytes;
  readonly #outgoing: ClientRequest;
  /** The last bytes that arrived. */
  #tail = '';
  #isAnswered = false;
  #isOver = false;
  readonly #cancel = (reason: Error): void => void this.#outgoing.destroy(reason);

  constructor(private readonly to: HandOver) {
    const { request, connection } = to;
    const stream = new ReceivedBytes(() => connection.resume());
    this.#stream = stream;
    this.#outgoing = sendRequest({
      method: request.method,
      createConnection: () => stream,
      // Otherwise Node.js would not say whether the connection can be kept.
      headers: { connection: 'keep-alive' },
      maxHeaderSize: MAX_HEADER_BYTES,
      insecureHTTPParser: false,
    });
    request.transfer.onCancel(this.#cancel);
    this.#outgoing.once('upgrade', () => this.#failed(invalidAnswer(request.origin, SWITCHED)));
    this.#outgoing.once('response', (message) => this.#answered(message));
    this.#outgoing.on('error', (error) => this.#failed(error));
    this.#outgoing.end();
  }

  target(): undefined {
    return undefined;
  }

  take(piece: Buffer): boolean {
    this.#tail = (this.#tail + piece.toString('latin1', Math.max(0, piece.length - END.length))).slice(-END.length);
    return this.#stream.push(Buffer.from(piece));
  }

  closed(error?: Error): void {
    if (error) {
      this.#stream.destroy(error);
    } else {
      this.#stream.push(null);
    }
  }

  #answered(message: IncomingMessage): void {
    const { request, resolve } = this.to;
    request.transfer.moved();
    const { statusCode = 0 } = message;
    if (statusCode < 200) {
      const isSwitch = statusCode === SWITCHING_PROTOCOLS;
      return this.#failed(invalidAnswer(request.origin, isSwitch ? SWITCHED : 'it gave no valid HTTP answer'));
    }
    // Not the request any more: destroying that would empty the response, and end it as if it were complete.
    request.transfer.offCancel(this.#cancel);
    this.#isAnswered = true;
    resolve(receivedMessage(message, request, { early: this.to.isEarly(), over: () => this.#ended(message) }));
  }

  #ended(message: IncomingMessage): void {
    const { shouldKeepAlive } = this.#outgoing;
    // Node.js destroys the stream when another response follows this one, but not when it is incomplete (rule C8).
    const isClean =
      message.complete && shouldKeepAlive && !this.#stream.destroyed && this.#stream.readableLength === 0 && this.#tail === END;
    this.#over(isClean ? KEEP_ALIVE_MS : 0);
  }

  #failed(error: Error): void {
    const { request, reject } = this.to;
    if (this.#isAnswered) {
      // The response reports it, unless it is complete: then bytes follow it, and the connection is not used again.
      return;
    }
    this.#over(0);
    this.#outgoing.destroy();
    reject(upstreamError(error, request));
  }

  #over(keepMs: number): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.to.request.transfer.offCancel(this.#cancel);
      this.to.over(keepMs);
    }
  }
}

/** The end of the last chunk, of trailers, and of a head without a body. After another body, bytes of the next response could hide. */
const END = '\r\n\r\n';

/** RFC 9110 §15.2.2. */
const SWITCHING_PROTOCOLS = 101;
const SWITCHED = 'it answered 101 (switching protocols), which the proxy did not request';

/** What arrives on a connection. What is written to it was sent before. */
class ReceivedBytes extends Duplex {
  constructor(private readonly wantsMore: () => void) {
    super();
  }

  override _read(): void {
    this.wantsMore();
  }

  override _write(_bytes: Buffer, _encoding: string, written: () => void): void {
    written();
  }
}
