import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, Server as NetServer, Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { type SecureContextOptions, type TlsOptions } from 'node:tls';
import { type ProxyMetrics } from '../observability/proxy-metrics';
import { answerClientErrors } from '../client/client-errors';
import { type ClientConnection, type ConnectionLimits } from './connection-limits';
import { type ServeRequest } from '../client/serve-request';

/** Request line and headers together. Tokens have 2 KiB, several connectors in one user name some more. In bytes. */
const MAX_HEADER_SIZE = 64 * 1024;

/** No limit of their own beside that of the bytes: Node would drop further ones silently, and we would decide without them. */
const MAX_HEADERS = 0;

/** While stopping, connections that become idle are closed this often. In milliseconds. */
const CLOSE_IDLE_INTERVAL = 200;

/**
 * What a connection to a client holds before the upstream is held back. What comes in one turn of the event loop goes on in one
 * write of up to this size: each write wakes the client. Node.js takes the same for what it reads of a body before anybody wants it,
 * and has no such option for TLS, where its own of 16 KiB stays. In bytes.
 */
const CLIENT_HIGH_WATER_MARK = 256 * 1024;

export interface ListenerOptions {
  readonly name: 'http' | 'https';
  /** Empty: all addresses. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** In milliseconds. */
  readonly headersTimeout: number;
  /** In milliseconds. */
  readonly keepAlive: number;
  /** For a TLS handshake. In milliseconds. */
  readonly handshakeTimeout: number;
  readonly limits: ConnectionLimits;
  readonly metrics: ProxyMetrics;
  readonly serve: ServeRequest;
  /** Present for https. */
  readonly tls?: Pick<TlsOptions, 'SNICallback'>;
}

/** One port of the reverse proxy: a server of `node:http` or `node:https`, with nothing between it and the pipeline. */
export class ReverseProxyListener {
  readonly #server: Server;
  readonly #answering = new WeakMap<Duplex, ServerResponse>();
  /** Connections that HTTP is spoken on. */
  readonly #open = new Set<Socket>();
  /** The places of connections, by what HTTP is spoken on. */
  readonly #places = new WeakMap<Duplex, ClientConnection>();
  /** Of an https port, by {@link endsOf}: nothing else tells which connection a TLS socket was made of. */
  readonly #beneathTls = new Map<string, Socket>();
  #stopping = false;

  constructor(private readonly options: ListenerOptions) {
    this.#server = this.#createServer();
    this.#server.maxHeadersCount = MAX_HEADERS;
    this.#server.on('request', (request, response) => this.#serve(request, response, false));
    this.#server.on('checkContinue', (request, response) => this.#serve(request, response, true));
    this.#server.on('connection', (socket: Socket) => this.#connected(socket));
    this.#server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
      if (options.tls) {
        this.#secured(socket);
      }
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
    answerClientErrors(this.#server, {
      latest: (socket) => this.#answering.get(socket),
      beneath: (socket) => this.#beneathTls.get(endsOf(socket)),
      onRejected: (socket, failure) => options.serve.rejected(socket, options.name, failure),
    });
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

  /** For https: the certificate for clients that name no host (SNI), as those that connect to an address. */
  setDefaultCertificate(certificate: SecureContextOptions): void {
    if ('setSecureContext' in this.#server) {
      (this.#server as ReturnType<typeof createHttpsServer>).setSecureContext(certificate);
    }
  }

  /** Takes no more connections; those that are idle are closed, the others when they become so. Resolves when none is left. */
  async stop(): Promise<void> {
    this.#stopping = true;
    // That of node:http would also call its `closeIdleConnections`.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(this.#server, () => resolve()));
    this.#closeIdle();
    const timer = setInterval(() => this.#closeIdle(), CLOSE_IDLE_INTERVAL);
    await closed;
    clearInterval(timer);
  }

  /** Node.js takes a connection for idle as soon as all of a response was handed over, and cuts it while the client still reads. */
  #closeIdle(): void {
    for (const socket of this.#open) {
      const latest = this.#answering.get(socket);
      if (!latest || latest.writableFinished) {
        socket.destroy();
      }
    }
  }

  /** Ends all connections now. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  #createServer(): Server {
    const { tls, headersTimeout, keepAlive, handshakeTimeout } = this.options;
    const options: ServerOptions = {
      // A push takes as long as it takes (nodejs/node#46574); what stands still is ended by the idle limit of transfers.
      requestTimeout: 0,
      headersTimeout,
      keepAliveTimeout: keepAlive,
      maxHeaderSize: MAX_HEADER_SIZE,
      connectionsCheckingInterval: Math.min(5_000, headersTimeout),
      insecureHTTPParser: false,
      // Node would answer a request without Host, and go on with what came together with it; `findMalformation` refuses it.
      requireHostHeader: false,
      highWaterMark: CLIENT_HIGH_WATER_MARK,
      noDelay: true,
    };
    // Registry clients speak HTTP/1.1 for pushes anyway, and so does everything behind us.
    return tls
      ? createHttpsServer({ ...options, ...tls, ALPNProtocols: ['http/1.1'], minVersion: 'TLSv1.2', handshakeTimeout })
      : createHttpServer(options);
  }

  #serve(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const { serve } = this.options;
    if (serve.isClosing(request.socket)) {
      return;
    }
    if (this.#stopping) {
      response.shouldKeepAlive = false;
    }
    this.#answering.set(request.socket, response);
    const place = this.#places.get(request.socket);
    if (place?.isKnown === false) {
      this.#serveStranger(place, request, response);
    }
    serve.serve(request, response, { expectsContinue, authenticated: () => place?.trust() });
  }

  /**
   * Of a stranger's body no more is read than what came with the head; reading it, or throwing it away, goes on by itself. A stranger who does
   * not read the answer does not keep the connection busy with it.
   */
  #serveStranger(place: ClientConnection, { headers, socket }: IncomingMessage, response: ServerResponse): void {
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) {
      socket.pause();
    }
    place.begin();
    response.once('close', () => place.end());
    const { limits } = this.options;
    response.once('prefinish', () => {
      if (!place.isKnown) {
        response.setTimeout(limits.strangerIdleMs, () => limits.closeSilent(place));
      }
    });
  }

  #connected(socket: Socket): void {
    const { limits, metrics, name, tls } = this.options;
    const place = limits.admit(socket, name);
    if (!place) {
      return;
    }
    this.#places.set(socket, place);
    metrics.connections(name, 1);
    const ends = endsOf(socket);
    if (tls) {
      this.#beneathTls.set(ends, socket);
    }
    socket.once('close', () => {
      metrics.connections(name, -1);
      this.#beneathTls.delete(ends);
    });
  }

  /** The handshake is over: the place is that of the connection beneath. */
  #secured(socket: Socket): void {
    const beneath = this.#beneathTls.get(endsOf(socket));
    const place = beneath && this.#places.get(beneath);
    if (!place) {
      return;
    }
    place.touch();
    this.#places.set(socket, place);
  }
}

/** What no two open connections of a port have in common. */
function endsOf(socket: Duplex): string {
  return socket instanceof Socket ? `${socket.localAddress} ${socket.remoteAddress} ${socket.remotePort}` : '';
}
