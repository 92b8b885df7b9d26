import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type ClientSlot } from './client-slot';
import { type ConnectionLimits } from './connection-limits';
import { type TlsTermination } from './tls-termination';

/**
 * How much a client connection buffers before the proxy pauses the upstream, in bytes. Data that arrives in one turn of the event loop is
 * sent in one write of up to this size, because each write wakes the client. Node.js also uses this value to limit how much of a request
 * body it reads in advance. It has no such option for TLS sockets, whose limit remains 16 KiB.
 */
const CLIENT_HIGH_WATER_MARK = 256 * 1024;

export interface PortOptions {
  readonly name: 'http' | 'https';
  /** Empty: all addresses. */
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly limits: Pick<ConnectionLimits, 'admit'>;
  readonly metrics: { connections(name: string, change: 1 | -1): void };
  /** Receives each admitted connection; on a TLS port after the handshake. */
  readonly accept: (socket: Socket, slot: ClientSlot) => void;
  /** Present for https. */
  readonly tls?: TlsPortOptions;
}

export interface TlsPortOptions {
  readonly termination: TlsTermination;
  /** Receives a connection whose client sent plain HTTP instead of a TLS handshake. */
  readonly refusePlainHttp: (socket: Socket, slot: ClientSlot) => void;
}

/** Listens on one port, enforces the limits on connections, terminates TLS, and hands the connections over. */
export class Port {
  readonly #server: Server;
  readonly #open = new Set<ClientSlot>();

  constructor(private readonly options: PortOptions) {
    this.#server = createServer({
      highWaterMark: CLIENT_HIGH_WATER_MARK,
      noDelay: true,
      // A client may end its side of the connection before it has read the response. With TLS, Node.js answers the end itself.
      allowHalfOpen: options.tls === undefined,
    });
    this.#server.on('connection', (socket: Socket) => this.#connected(socket));
  }

  /** Starts to listen. Resolves when the port accepts connections. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port: this.options.port, host: this.options.host || undefined }, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Stops accepting connections. Resolves when the last connection has closed. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Closes all connections immediately. */
  cut(): void {
    for (const slot of this.#open) {
      slot.destroy();
    }
  }

  #connected(socket: Socket): void {
    const { limits, metrics, name, accept, tls } = this.options;
    const slot = limits.admit(socket, name);
    if (!slot) {
      return;
    }
    this.#open.add(slot);
    metrics.connections(name, 1);
    socket.once('close', () => {
      this.#open.delete(slot);
      metrics.connections(name, -1);
    });
    if (!tls) {
      return accept(socket, slot);
    }
    tls.termination.accept(socket, {
      secured: (secured) => {
        slot.secure(secured);
        slot.touch();
        accept(secured, slot);
      },
      plainHttp: () => tls.refusePlainHttp(socket, slot),
    });
  }
}
