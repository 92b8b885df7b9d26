import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { type Arrivals } from '../transfer/arrivals';
import { type ReadBuffers } from '../transfer/read-buffers';

/**
 * Has Node.js read an accepted connection into memory of ours, as it does with `onread` for connections that it makes itself. While nobody
 * takes what arrives, and nothing else reads the connection beneath its stream, it is pushed to the stream as usual.
 */
export class ClientReads {
  #arrivals?: Arrivals;

  private constructor(readonly socket: Socket) {}

  /** @throws TypeError when {@link canRead} does not hold for the connection */
  static of(socket: Socket, buffers: ReadBuffers): ClientReads {
    const known = installed.get(socket);
    if (known) {
      return known;
    }
    const handle = handleOf(socket);
    if (!PARTS || !handle) {
      throw new TypeError('the connection cannot be read into a buffer');
    }
    const reads = new ClientReads(socket);
    Reflect.set(socket, PARTS.buffer, buffers.shared);
    Reflect.set(socket, PARTS.next, () => reads.#arrivals?.target() ?? buffers.shared);
    Reflect.set(socket, PARTS.taken, (bytes: number, buffer: Buffer) => reads.#read(buffer.subarray(0, bytes)));
    handle.useUserBuffer(buffers.shared);
    installed.set(socket, reads);
    return reads;
  }

  /** Whether this Node.js can do that with the connection. */
  static canRead(socket: Socket): boolean {
    return PARTS !== undefined && handleOf(socket) !== undefined;
  }

  /** Sets who takes what arrives; undefined: the stream. */
  handTo(arrivals: Arrivals | undefined): void {
    this.#arrivals = arrivals;
  }

  #read(piece: Buffer): boolean {
    return this.#arrivals ? this.#arrivals.take(piece) : this.socket.push(Buffer.from(piece));
  }
}

const installed = new WeakMap<Socket, ClientReads>();

/** The symbols of the properties that hold the option `onread` of a socket. Node.js has no other way to set it for an accepted connection. */
interface OnReadParts {
  readonly buffer: symbol;
  readonly next: symbol;
  readonly taken: symbol;
}

const PARTS = findParts();

function findParts(): OnReadParts | undefined {
  const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = { onread: { buffer: Buffer.alloc(1), callback: () => true } };
  const symbols = Object.getOwnPropertySymbols(new Socket(options));
  const named = (name: string): symbol | undefined => symbols.find(({ description }) => description === name);
  const [buffer, next, taken] = [named('kBuffer'), named('kBufferGen'), named('kBufferCb')];
  return buffer && next && taken && { buffer, next, taken };
}

interface BufferedHandle {
  useUserBuffer(buffer: Buffer): void;
}

function handleOf(socket: Socket): BufferedHandle | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  return canUseBuffer(handle) ? handle : undefined;
}

function canUseBuffer(handle: unknown): handle is BufferedHandle {
  return typeof handle === 'object' && handle !== null && typeof Reflect.get(handle, 'useUserBuffer') === 'function';
}
