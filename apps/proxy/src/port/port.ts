import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureContextOptions, Server as TlsServer, type TlsOptions, type TLSSocket } from 'node:tls';
import { type ClientConnection } from './client-connection';
import { type ConnectionLimits } from './connection-limits';

/**
 * What a connection to a client holds before the upstream is held back. What comes in one turn of the event loop goes on in one
 * write of up to this size: each write wakes the client. Node.js takes the same for what it reads of a body before anybody wants it,
 * and has no such option for TLS, where its own of 16 KiB stays. In bytes.
 */
const CLIENT_HIGH_WATER_MARK = 256 * 1024;

/** What Node says of plain HTTP where TLS should begin. */
const NOT_TLS = 'ERR_SSL_HTTP_REQUEST';

export interface PortOptions {
  readonly name: 'http' | 'https';
  /** Empty: all addresses. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly limits: Pick<ConnectionLimits, 'admit'>;
  readonly metrics: { connections(name: string, change: 1 | -1): void };
  /** Receives each connection that may stay; of a TLS port when its handshake is over. */
  readonly accept: (socket: Socket, place: ClientConnection) => void;
  /** Present for https. */
  readonly tls?: TlsPortOptions;
}

export interface TlsPortOptions extends Pick<TlsOptions, 'SNICallback'> {
  /** For a handshake. In milliseconds. */
  readonly handshakeTimeout: number;
  /** Receives a connection on which plain HTTP came instead of TLS. */
  readonly refusePlainHttp: (socket: Socket, place: ClientConnection) => void;
}

/** A connection as the kernel gave it. */
interface Accepted {
  readonly socket: Socket;
  readonly place: ClientConnection;
}

/** One port: listens, keeps the limits of connections, does TLS, and hands over what is left to be spoken. */
export class Port {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** Of a TLS port, by {@link endsOf}: nothing else tells which connection a TLS socket was made of. */
  readonly #beneathTls = new Map<string, Accepted>();

  constructor(private readonly options: PortOptions) {
    const { tls } = options;
    // A client may end its side before it has read the answer.
    this.#server = tls ? this.#tlsServer(tls) : createServer({ highWaterMark: CLIENT_HIGH_WATER_MARK, noDelay: true, allowHalfOpen: true });
    this.#server.on('connection', (socket: Socket) => this.#connected(socket));
  }

  /** Resolves when connections are accepted. */
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

  /** Of a TLS port: the certificate for clients that name no host (SNI), as those that connect to an address. */
  setDefaultCertificate(certificate: SecureContextOptions): void {
    if (this.#server instanceof TlsServer) {
      this.#server.setSecureContext(certificate);
    }
  }

  /** Takes no more connections. Resolves when none is left. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** Ends all connections now. */
  cut(): void {
    for (const socket of this.#open) {
      socket.destroy();
    }
  }

  #tlsServer({ SNICallback, handshakeTimeout, refusePlainHttp }: TlsPortOptions): TlsServer {
    const server = createTlsServer({
      SNICallback,
      handshakeTimeout,
      // Registry clients speak HTTP/1.1 for pushes anyway, and so does everything behind us.
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
      highWaterMark: CLIENT_HIGH_WATER_MARK,
      noDelay: true,
    });
    server.on('secureConnection', (socket) => this.#secured(socket));
    server.on('tlsClientError', ({ code }: NodeJS.ErrnoException, socket) => {
      const beneath = code === NOT_TLS ? this.#beneathTls.get(endsOf(socket)) : undefined;
      if (beneath) {
        refusePlainHttp(beneath.socket, beneath.place);
      } else {
        socket.destroy();
      }
    });
    return server;
  }

  #connected(socket: Socket): void {
    const { limits, metrics, name, accept, tls } = this.options;
    const place = limits.admit(socket, name);
    if (!place) {
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
      this.#beneathTls.set(ends, { socket, place });
    } else {
      accept(socket, place);
    }
  }

  /** The handshake is over: the place is that of the connection beneath. */
  #secured(socket: TLSSocket): void {
    const beneath = this.#beneathTls.get(endsOf(socket));
    if (!beneath) {
      return void socket.destroy();
    }
    beneath.place.touch();
    this.options.accept(socket, beneath.place);
  }
}

/** What no two open connections of a port have in common. */
function endsOf(socket: Socket): string {
  return `${socket.localAddress} ${socket.remoteAddress} ${socket.remotePort}`;
}
