import { type OnReadOpts, type Socket } from 'node:net';
import { type Arrivals } from '../transfer/arrivals';
import { type ReadBuffers } from '../transfer/read-buffers';

/** Takes what arrives on a connection to an upstream. */
export interface UpstreamArrivals extends Arrivals {
  /** The connection has closed. @param error absent when the other side ended it properly */
  closed(error?: Error): void;
}

/** A connection to an origin that is used for one request after the other. While it is idle, any byte closes it (rule C8). */
export class RelayConnection {
  /** Where the connection is read to. Node.js only takes it when it creates a connection. */
  readonly onread: OnReadOpts = {
    buffer: () => this.#arrivals?.target() ?? this.buffers.shared,
    callback: (bytes, buffer) => this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, bytes)),
  };

  /** Called when the connection takes more after {@link write} returned false. */
  onDrain?: () => void;
  #socket?: Socket;
  #arrivals?: UpstreamArrivals;
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
    socket.on('drain', () => this.onDrain?.());
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
  send(head: string, arrivals: UpstreamArrivals): void {
    this.#arrivals = arrivals;
    this.#socket?.setTimeout(0);
    this.#socket?.write(head, 'latin1');
  }

  /** Sends a part of the body of a request. @returns whether to send more before {@link onDrain} is called */
  write(piece: Buffer): boolean {
    return this.#socket?.write(piece) ?? true;
  }

  /** Sends a part of the body from memory that is used again. See `BodyConsumer.lent`. */
  writeLent(piece: Buffer, done: () => void): boolean {
    const socket = this.#socket;
    if (!socket || socket.destroyed) {
      return true;
    }
    socket.write(piece, done);
    // Node.js often writes before `write` returns. If not, it still reads the memory.
    return socket.writableLength === 0;
  }

  /** Replaces who takes what arrives. */
  handTo(arrivals: UpstreamArrivals): void {
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

  /** Closes the connection; the taker of what arrives is told the error. */
  abort(error: Error): void {
    this.#error ??= error;
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
