import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { type Naming } from '../naming/naming';
import { ProxyError } from '../proxy.errors';
import { answerClientErrors } from './client-errors';
import { LastAnswer } from './last-answer';
import { type RequestCircumstances, type ServeRequest } from './serve-request';
import { ClientRequest, UpgradingConnection } from './upgrading-connection';

/** Request line and headers together. Tokens have 2 KiB, several connectors in one user name some more. In bytes. */
const MAX_HEADER_SIZE = 64 * 1024;

/** No limit of their own besides that of the bytes: Node would drop further ones silently, and we would decide without them. */
const MAX_HEADERS = 0;

/** Heads that are overdue are looked for this often, at least. In milliseconds. */
const MAX_CHECK_INTERVAL = 5_000;

/** While stopping, connections that become idle are closed this often. In milliseconds. */
const CLOSE_IDLE_INTERVAL = 200;

/** The place that a connection takes among those of the proxy. */
export interface ConnectionPlace {
  /** Whether a token was accepted on the connection. */
  readonly isKnown: boolean;
  /** Called when a stranger's request begins, and {@link end} once its response is over. */
  begin(): void;
  end(): void;
  /** Called when a token is accepted. */
  trust(): void;
  /** Closes the connection. */
  close(reason: 'idle'): void;
}

/** What is known of a connection when it is handed over. */
export interface Arrival {
  /** The port that it came to; for metrics. */
  readonly listener: string;
  readonly place: ConnectionPlace;
  /** How requests on it name a Connector and their client. */
  readonly naming: Naming;
}

export interface HttpConnectionsOptions {
  /** For the head of a request. In milliseconds. */
  readonly headersTimeout: number;
  /** Between two requests. In milliseconds. */
  readonly keepAlive: number;
  /** A stranger who does not read an answer for this long is closed. In milliseconds. */
  readonly strangerIdleMs: number;
  readonly serve: Pick<ServeRequest, 'serve' | 'isClosing' | 'rejected'>;
}

interface Connection extends Arrival {
  /** The answer to its latest request. */
  latest?: ServerResponse;
}

/** HTTP/1.1 towards clients, on connections that others hand over: a server of `node:http` that never listens itself. */
export class HttpConnections {
  readonly #server: Server;
  readonly #open = new Map<Duplex, Connection>();
  readonly #lastAnswer = new LastAnswer({
    latest: (socket) => this.#open.get(socket)?.latest,
    onRejected: (socket, failure) => this.#rejected(socket, failure),
  });
  #closingIdle?: NodeJS.Timeout;

  constructor(private readonly options: HttpConnectionsOptions) {
    this.#server = createServer({
      IncomingMessage: ClientRequest,
      // A push takes as long as it takes (nodejs/node#46574); what stands still is ended by the idle limit of transfers.
      requestTimeout: 0,
      headersTimeout: options.headersTimeout,
      keepAliveTimeout: options.keepAlive,
      maxHeaderSize: MAX_HEADER_SIZE,
      connectionsCheckingInterval: Math.min(MAX_CHECK_INTERVAL, options.headersTimeout),
      insecureHTTPParser: false,
      // Node would answer a request without Host, and go on with what came together with it; `findMalformation` refuses it.
      requireHostHeader: false,
    });
    this.#server.maxHeadersCount = MAX_HEADERS;
    this.#server.on('request', (request, response) => this.#serve(request, response, { expectsContinue: false }));
    this.#server.on('checkContinue', (request, response) => this.#serve(request, response, { expectsContinue: true }));
    this.#server.on('upgrade', (request, _socket, head) => this.#upgrade(request, head));
    this.#server.on('connect', ({ socket }) => this.#refuseConnect(socket));
    answerClientErrors(this.#server, {
      answer: (socket, failure) => this.#lastAnswer.give(socket, failure),
      onRejected: (socket, failure) => this.#rejected(socket, failure),
    });
    // Node.js keeps an eye on the time limit of heads from this event on, and a server that does not listen has none.
    this.#server.emit('listening');
  }

  /** Speaks HTTP on a connection from here on. No byte of it may have been read. */
  accept(socket: Socket, arrival: Arrival): void {
    this.#track(socket, arrival);
    this.#server.emit('connection', socket);
  }

  /** Answers a client that begins with plain HTTP where TLS is expected: of TLS it understands nothing. */
  refusePlainHttp(socket: Socket, arrival: Arrival): void {
    this.#track(socket, arrival);
    this.#lastAnswer.give(socket, new ProxyError('RequestMalformed', 'this port speaks https; begin the address with https://'));
  }

  /** Closes the connections that are idle, and the others when they become so, until {@link close}. */
  drain(): void {
    this.#closeIdle();
    this.#closingIdle ??= setInterval(() => this.#closeIdle(), CLOSE_IDLE_INTERVAL);
  }

  /** To be called when no connection is open any more. */
  close(): void {
    clearInterval(this.#closingIdle);
    this.#server.close();
  }

  /** Node.js takes a connection for idle as soon as all of a response was handed over, and cuts it while the client still reads. */
  #closeIdle(): void {
    for (const [socket, { latest }] of this.#open) {
      if (!isUnderWay(latest)) {
        socket.destroy();
      }
    }
  }

  #track(socket: Socket, arrival: Arrival): void {
    this.#open.set(socket, { ...arrival });
    socket.once('close', () => this.#open.delete(socket));
  }

  #rejected(socket: Duplex, failure: ProxyError): void {
    this.options.serve.rejected(socket, this.#open.get(socket)?.listener ?? '', failure);
  }

  /** Without this Node would close the connection without a word. */
  #refuseConnect(socket: Socket): void {
    // Node has let go of the connection, its errors included: a client that resets it now would end the program.
    socket.on('error', () => socket.destroy());
    this.#lastAnswer.give(socket, new ProxyError('MethodNotAllowed', 'method CONNECT is not served'));
  }

  #upgrade(request: IncomingMessage, head: Buffer): void {
    const { socket } = request;
    // Node has let go of the connection, its errors included: a client that resets it now would end the program.
    socket.on('error', () => socket.destroy());
    if (this.options.serve.isClosing(socket)) {
      return;
    }
    if (isUnderWay(this.#open.get(socket)?.latest)) {
      const failure = 'a WebSocket must not be asked for before the answer to the request before it';
      return this.#lastAnswer.give(socket, new ProxyError('RequestMalformed', failure));
    }
    const upgrading = new UpgradingConnection(request, socket, head);
    this.#serve(request, upgrading.response, { expectsContinue: false, upgrading });
  }

  #serve(
    request: IncomingMessage,
    response: ServerResponse,
    circumstances: Pick<RequestCircumstances, 'expectsContinue' | 'upgrading'>,
  ): void {
    const { serve } = this.options;
    const connection = this.#open.get(request.socket);
    if (!connection || serve.isClosing(request.socket)) {
      return;
    }
    if (this.#closingIdle) {
      response.shouldKeepAlive = false;
    }
    connection.latest = response;
    const { place, naming } = connection;
    if (!place.isKnown) {
      this.#serveStranger(place, request, response);
    }
    serve.serve(request, response, { ...circumstances, naming, authenticated: () => place.trust() });
  }

  /**
   * Of a stranger's body no more is read than what came with the head; reading it, or throwing it away, goes on by itself. A stranger who does
   * not read the answer does not keep the connection busy with it.
   */
  #serveStranger(place: ConnectionPlace, { headers, socket }: IncomingMessage, response: ServerResponse): void {
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) {
      socket.pause();
    }
    place.begin();
    response.once('close', () => place.end());
    response.once('prefinish', () => {
      if (!place.isKnown) {
        response.setTimeout(this.options.strangerIdleMs, () => place.close('idle'));
      }
    });
  }
}

function isUnderWay(response: ServerResponse | undefined): boolean {
  return response !== undefined && !response.writableFinished;
}
