import { type Socket } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TlsOptions, type TLSSocket } from 'node:tls';

/** Node's error codes for plain HTTP instead of a TLS handshake: for GET, HEAD, POST and PUT, and for CONNECT. */
const NOT_TLS: ReadonlySet<string | undefined> = new Set(['ERR_SSL_HTTP_REQUEST', 'ERR_SSL_HTTPS_PROXY_REQUEST']);

export interface TlsTerminationOptions extends Pick<TlsOptions, 'SNICallback'> {
  /** The certificate for clients that send no host name (SNI). It can be set later. */
  readonly certificate?: SecureContextOptions;
  /** Time limit for a handshake, in milliseconds. */
  readonly handshakeTimeout: number;
}

/** What becomes of a connection. One of the functions is called, unless the connection closes before. */
export interface TlsOutcome {
  /** The handshake is complete. */
  readonly secured: (socket: TLSSocket) => void;
  /** The client sent plain HTTP instead of a handshake. The connection is still open. */
  readonly plainHttp: () => void;
}

interface Pending extends TlsOutcome {
  readonly socket: Socket;
}

/** The server's side of TLS handshakes, on connections that others have accepted. It is a server of `node:tls` that never listens itself. */
export class TlsTermination {
  readonly #server: Server;
  /** The connections in a handshake by {@link endsOf}. Node.js provides no other way from a TLS socket to its TCP socket. */
  readonly #pending = new Map<string, Pending>();

  constructor({ SNICallback, certificate, handshakeTimeout }: TlsTerminationOptions) {
    this.#server = createServer({
      ...certificate,
      SNICallback,
      handshakeTimeout,
      // Registry clients use HTTP/1.1 for pushes anyway, and so does the proxy towards registries.
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
    });
    this.#server.on('secureConnection', (socket) => this.#secured(socket));
    this.#server.on('tlsClientError', (error, socket) => this.#failed(error, socket));
  }

  /** Sets the certificate for clients that send no host name (SNI), for example because they connect to an IP address. */
  setCertificate(certificate: SecureContextOptions): void {
    this.#server.setSecureContext(certificate);
  }

  /** Begins a handshake. No byte of the connection may have been consumed. A failed handshake closes the connection. */
  accept(socket: Socket, outcome: TlsOutcome): void {
    // A client that ends its side does not complete the handshake.
    socket.allowHalfOpen = false;
    const ends = endsOf(socket);
    const pending = { socket, ...outcome };
    this.#pending.set(ends, pending);
    socket.once('close', () => {
      // Another connection from the same port may have begun.
      if (this.#pending.get(ends) === pending) {
        this.#pending.delete(ends);
      }
    });
    this.#server.emit('connection', socket);
  }

  #secured(socket: TLSSocket): void {
    const pending = this.#take(socket);
    if (pending) {
      pending.secured(socket);
    } else {
      socket.destroy();
    }
  }

  #failed({ code }: NodeJS.ErrnoException, socket: TLSSocket): void {
    const pending = this.#take(socket);
    if (NOT_TLS.has(code) && pending) {
      pending.plainHttp();
    } else {
      socket.destroy();
    }
  }

  #take(socket: TLSSocket): Pending | undefined {
    // A client that ends its side does not complete the handshake.
    socket.allowHalfOpen = false;
    const ends = endsOf(socket);
    const pending = this.#pending.get(ends);
    this.#pending.delete(ends);
    return pending;
  }
}

/** Identifies a connection among those of this process. */
function endsOf(socket: Socket): string {
  return `${socket.localAddress} ${socket.localPort} ${socket.remoteAddress} ${socket.remotePort}`;
}
