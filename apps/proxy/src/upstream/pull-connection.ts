import { type OnReadOpts, type Socket } from 'node:net';
import { type ReadBuffers } from '../transfer/read-buffers';

/** Takes what arrives on a connection. */
export interface Arrivals {
  /** Where the next bytes are read to; undefined: into the buffer that all connections share. Asked after each call of `take`. */
  target(): Buffer | undefined;
  /**
   * Takes bytes in the buffer that {@link target} returned. Their memory is used again as soon as this method returns, unless it is the
   * taker's own.
   *
   * @returns whether to read further; through TLS, up to {@link TLS_IN_FLIGHT} more bytes may arrive in any case
   */
  take(piece: Buffer): boolean;
  /** The connection has closed. @param error absent when the other side ended it properly */
  closed(error?: Error): void;
}

/** The most that Node.js reads from a TLS connection at a time, and one record (RFC 8446 §5.1) of before. In bytes. */
export const TLS_IN_FLIGHT = (64 + 16) * 1024;

/** A connection to an origin that is used for one request after the other. While it is idle, any byte closes it (rule C8). */
export class PullConnection {
  /** Where the connection is read to. Node.js only takes it when it creates a connection. */
  readonly onread: OnReadOpts = {
    buffer: () => this.#arrivals?.target() ?? this.buffers.shared,
    callback: (bytes, buffer) => this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, bytes)),
  };

  #socket?: Socket;
  #arrivals?: Arrivals;
  #error?: Error;

  constructor(
    readonly origin: string,
    private readonly buffers: ReadBuffers,
  ) {}

  get isTls(): boolean {
    return this.origin.startsWith('https:');
  }

  /**
   * @param socket was created with {@link onread}, and is paused
   * @param closed called once, when the connection has closed
   * @throws Error when it has closed already
   */
  attach(socket: Socket, closed: () => void): void {
    if (socket.destroyed) {
      throw connectionReset();
    }
    this.#socket = socket;
    socket.on('error', (error) => (this.#error ??= error));
    socket.on('timeout', () => socket.destroy());
    socket.once('close', () => {
      this.#arrivals?.closed(this.#error);
      this.#arrivals = undefined;
      closed();
    });
    socket.resume();
  }

  get isClosed(): boolean {
    return this.#socket?.destroyed ?? true;
  }

  /** Sends a request. @param head in latin1 */
  send(head: string, arrivals: Arrivals): void {
    this.#arrivals = arrivals;
    this.#socket?.setTimeout(0);
    this.#socket?.write(head, 'latin1');
  }

  /** Replaces who takes what arrives. */
  handTo(arrivals: Arrivals): void {
    this.#arrivals = arrivals;
  }

  /** The response is complete. @param maxMs how long the connection may be idle, in milliseconds */
  rest(maxMs: number): void {
    this.#arrivals = undefined;
    this.#socket?.setTimeout(maxMs);
    this.resume();
  }

  /** Ends a pause. */
  resume(): void {
    this.#socket?.resume();
  }

  /** Closes the connection; nothing is reported any more. */
  destroy(): void {
    this.#arrivals = undefined;
    this.#socket?.destroy();
  }

  #read(piece: Buffer): boolean {
    if (this.#arrivals) {
      return this.#arrivals.take(piece);
    }
    this.#socket?.destroy();
    return false;
  }
}

/** Returns the error for a connection that ended without one of its own. */
export function connectionReset(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
}
