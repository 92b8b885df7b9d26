import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureContextOptions, Server as TlsServer, type TlsOptions, type TLSSocket } from 'node:tls';
import { type ClientSlot } from './client-slot';
import { type ConnectionLimits } from './connection-limits';

/**
 * How much a client connection buffers before the proxy pauses the upstream, in bytes. Data that arrives in one turn of the event loop is
 * sent in one write of up to this size, because each write wakes the client. Node.js also uses this value to limit how much of a request
 * body it reads in advance. It has no such option for TLS sockets, whose limit remains 16 KiB.
 */
const CLIENT_HIGH_WATER_MARK = 256 * 1024;

/** Node's error code for plain HTTP instead of a TLS handshake. */
const NOT_TLS = 'ERR_SSL_HTTP_REQUEST';

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

export interface TlsPortOptions extends Pick<TlsOptions, 'SNICallback'> {
  /** Time limit for a handshake, in milliseconds. */
  readonly handshakeTimeout: number;
  /** Receives a connection whose client sent plain HTTP instead of a TLS handshake. */
  readonly refusePlainHttp: (socket: Socket, slot: ClientSlot) => void;
}

/** A TCP connection, and its slot. */
interface Accepted {
  readonly socket: Socket;
  readonly slot: ClientSlot;
}

/** Listens on one port, enforces the limits on connections, terminates TLS, and hands the connections over. */
export class Port {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** The TCP connections of a TLS port by {@link endsOf}. Node.js provides no other way from a TLS socket to its TCP socket. */
  readonly #beneathTls = new Map<string, Accepted>();

  constructor(private readonly options: PortOptions) {
    const { tls } = options;
    // A client may end its side of the connection before it has read the response.
    this.#server = tls ? this.#tlsServer(tls) : createServer({ highWaterMark: CLIENT_HIGH_WATER_MARK, noDelay: true, allowHalfOpen: true });
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

  /** Sets a TLS port's certificate for clients that send no host name (SNI), for example because they connect to an IP address. */
  setDefaultCertificate(certificate: SecureContextOptions): void {
    if (this.#server instanceof TlsServer) {
      this.#server.setSecureContext(certificate);
    }
  }

  /** Stops accepting connections. Resolves when the last connection has closed. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Closes all connections immediately. */
  cut(): void {
    for (const socket of this.#open) {
      socket.destroy();
    }
  }

  #tlsServer({ SNICallback, handshakeTimeout, refusePlainHttp }: TlsPortOptions): TlsServer {
    const server = createTlsServer({
      SNICallback,
      handshakeTimeout,
      // Registry clients use HTTP/1.1 for pushes anyway, and so does the proxy towards registries.
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      highWaterMark: CLIENT_HIGH_WATER_MARK,
      noDelay: true,
    });
    server.on('secureConnection', (socket) => this.#secured(socket));
    server.on('tlsClientError', ({ code }: NodeJS.ErrnoException, socket) => {
      const beneath = code === NOT_TLS ? this.#beneathTls.get(endsOf(socket)) : undefined;
      if (beneath) {
        refusePlainHttp(beneath.socket, beneath.slot);
      } else {
        socket.destroy();
      }
    });
    return server;
  }

  #connected(socket: Socket): void {
    const { limits, metrics, name, accept, tls } = this.options;
    const slot = limits.admit(socket, name);
    if (!slot) {
      return;
    }
    this.#open.add(socket);
    metrics.connections(name, 1);
    const ends = endsOf(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#beneathTls.delete(ends);
      metrics.connections(name, -1);
    });
    if (tls) {
      this.#beneathTls.set(ends, { socket, slot });
    } else {
      accept(socket, slot);
    }
  }

  /** Hands over a connection after its handshake, with the slot of its TCP connection. */
  #secured(socket: TLSSocket): void {
    const beneath = this.#beneathTls.get(endsOf(socket));
    if (!beneath) {
      return void socket.destroy();
    }
    beneath.slot.touch();
    this.options.accept(socket, beneath.slot);
  }
}

/** Identifies a connection among the open connections of a port. */
function endsOf(socket: Socket): string {
  return `${socket.localAddress} ${socket.remoteAddress} ${socket.remotePort}`;
}
