import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { methodNotServed } from '../protocols/verbs';
import { ProxyError } from '../proxy.errors';
import { answerClientErrors, headersTimedOut } from './client-errors';
import { type RequestHead } from '../naming/request-head';
import { ClientReads } from './client-reads';
import { clientRequestClass } from './client-request';
import { type ClientResponse } from './client-sink';
import { type HttpDate } from './http-date';
import { LastAnswer } from './last-answer';
import { PlainConnection } from './plain-connection';
import { PushConnection } from './push-connection';
import { isRelayable } from './relayed-request';
import { type RequestRelay } from './request-relay';
import { type RequestCircumstances, type ServeRequest } from './serve-request';
import { UpgradingConnection } from './upgrading-connection';
import { type Way, type Ways } from './ways';

/** Limit for request line and headers together, in bytes. Tokens have 2 KiB; a user name with several connectors takes some more. */
const MAX_HEADER_SIZE = 64 * 1024;

/** No limit on the number of headers, only on their size: Node silently drops headers above a limit, and the proxy would not see them. */
const MAX_HEADERS = 0;

/** Limit for the requests that a client sends on a connection before earlier ones are answered, in bytes. Clients of registries send none. */
const MAX_AHEAD = 256 * 1024;

/** Memory of a request in addition to its head, in bytes. A few bytes of a client must not take much more memory than they are counted. */
const REQUEST_BYTES = 8 * 1024;

/** The longest time between two checks for overdue request headers, in milliseconds. */
const MAX_CHECK_INTERVAL = 5_000;

/** Time between two searches for idle connections during shutdown, in milliseconds. */
const CLOSE_IDLE_INTERVAL = 200;

/** The slot of a connection within the limits on connections. */
export interface ConnectionSlot {
  /** Whether a token was accepted on the connection. */
  readonly isKnown: boolean;
  /** Called when a stranger's request begins; {@link end} is called when its response has ended. */
  begin(): void;
  end(): void;
  /** Called when a token is accepted. */
  trust(): void;
  /** Closes the connection. */
  close(reason: 'idle'): void;
  /** Called when TLS runs on the connection; from then on it is closed through this socket. */
  secure(socket: Socket): void;
}

/** The properties of a connection that is handed over. */
export interface Arrival {
  /** The port that accepted the connection; for metrics. */
  readonly listener: string;
  readonly slot: ConnectionSlot;
  readonly ways: Ways;
}

export interface HttpConnectionsOptions {
  /** Time limit for request line and headers, in milliseconds. */
  readonly headersTimeout: number;
  /** Time limit between two requests, in milliseconds. */
  readonly keepAlive: number;
  /** Time after which a stranger's connection is closed if the client does not read its response, in milliseconds. */
  readonly strangerIdleMs: number;
  readonly serve: Pick<ServeRequest, 'serve' | 'isClosing' | 'rejected'>;
  /** Memory for reading connections without `node:http`; absent: it reads all of them. */
  readonly relay?: Pick<RequestRelay, 'buffers'>;
  /** Whether request bodies are relayed. */
  readonly relaysBodies?: boolean;
  /** Present: plain requests are served without `node:http`. */
  readonly plainRequests?: { readonly date: HttpDate };
}

interface Connection extends Arrival, Pick<RequestCircumstances, 'authenticated'> {
  /** The response to the connection's latest request. */
  latest?: ClientResponse;
  /** The requests that arrived before earlier ones were answered, and the memory of each, in bytes. */
  ahead: readonly { readonly response: ClientResponse; readonly bytes: number }[];
}

/** What is known about a request before its connection is looked at. */
type Known = Omit<RequestCircumstances, 'way' | 'authenticated'>;

/** Serves HTTP/1.1 on connections that the ports hand over. It is a server of `node:http` that never listens itself. */
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
      IncomingMessage: clientRequestClass((request) => this.#relays(request)),
      // A push has no time limit (nodejs/node#46574); the idle limit of transfers ends a stalled request.
      requestTimeout: 0,
      headersTimeout: options.headersTimeout,
      keepAliveTimeout: options.keepAlive,
      maxHeaderSize: MAX_HEADER_SIZE,
      connectionsCheckingInterval: Math.min(MAX_CHECK_INTERVAL, options.headersTimeout),
      insecureHTTPParser: false,
      // Node would refuse a request without Host but serve the requests after it; `findMalformation` refuses it and closes the connection.
      requireHostHeader: false,
    });
    this.#server.maxHeadersCount = MAX_HEADERS;
    this.#server.on('request', (request, response) => this.#serve(request, response, { incoming: request }));
    this.#server.on('checkContinue', (request, response) =>
      this.#serve(request, response, { incoming: request, sendContinue: () => response.writeContinue() }),
    );
    this.#server.on('upgrade', (request, _socket, head) => this.#upgrade(request, head));
    this.#server.on('connect', (request, _socket, head) => this.#connect(request, head));
    answerClientErrors(this.#server, {
      answer: (socket, failure) => this.#lastAnswer.give(socket, failure),
      onRejected: (socket, failure) => this.#rejected(socket, failure),
    });
    // Node.js starts to check the time limit for headers at this event, which a server that does not listen never emits.
    this.#server.emit('listening');
  }

  /** Serves HTTP on a connection. No byte of the connection may have been read. */
  accept(socket: Socket, arrival: Arrival): void {
    this.#track(socket, arrival);
    if (!this.#acceptPlain(socket)) {
      this.#server.emit('connection', socket);
    }
  }

  /** Answers, in plain HTTP, a client that sent plain HTTP to a TLS port. */
  refusePlainHttp(socket: Socket, arrival: Arrival): void {
    this.#track(socket, arrival);
    this.#refusePlainHttp(socket, 'this port speaks https; begin the address with https://');
  }

  #refusePlainHttp(socket: Socket, problem: string): void {
    this.#lastAnswer.give(socket, new ProxyError('RequestMalformed', problem));
  }

  #refusePlainHttpInside(socket: Socket): void {
    const connection = this.#open.get(socket);
    if (connection) {
      // The answer to CONNECT went out without this response, which therefore never finishes.
      connection.latest = undefined;
    }
    this.#refusePlainHttp(socket, 'this tunnel leads to an https host; begin the address with https://');
  }

  /** Closes idle connections, and the other connections as soon as they are idle, until {@link close}. */
  drain(): void {
    this.#closeIdle();
    this.#closingIdle ??= setInterval(() => this.#closeIdle(), CLOSE_IDLE_INTERVAL);
  }

  /** Must be called after the last connection has closed. */
  close(): void {
    clearInterval(this.#closingIdle);
    this.#server.close();
  }

  /** Node's `closeIdleConnections` considers a connection idle once its response is complete, even while the client still reads it. */
  #closeIdle(): void {
    for (const [socket, { latest }] of this.#open) {
      if (!isUnderWay(latest)) {
        socket.destroy();
      }
    }
  }

  #track(socket: Socket, arrival: Arrival): void {
    this.#open.set(socket, { ...arrival, authenticated: () => arrival.slot.trust(), ahead: [] });
    socket.once('close', () => this.#open.delete(socket));
  }

  /** Serves plain requests without `node:http`, until another request arrives. @returns false when that is not possible */
  #acceptPlain(socket: Socket): boolean {
    const { relay, plainRequests, headersTimeout, keepAlive } = this.options;
    const buffers = relay?.buffers;
    if (!plainRequests || !buffers || socket.readableLength > 0 || !ClientReads.canRead(socket)) {
      return false;
    }
    new PlainConnection({
      reads: ClientReads.of(socket, buffers),
      firstMs: headersTimeout,
      idleMs: keepAlive,
      date: () => plainRequests.date.text,
      serve: (request, response) => this.#serve(request, response, {}),
      onSilent: () => {
        socket.on('error', closeAfterError);
        this.#lastAnswer.give(socket, headersTimedOut());
      },
      handOver: (first) => {
        socket.unshift(first);
        this.#server.emit('connection', socket);
        socket.resume();
      },
    });
    return true;
  }

  #rejected(socket: Duplex, failure: ProxyError): void {
    this.options.serve.rejected(socket, this.#open.get(socket)?.listener ?? '', failure);
  }

  /** Without this method, Node.js would close the connection without a response. */
  #connect(request: IncomingMessage, head: Buffer): void {
    if (this.#open.get(request.socket)?.ways.connect) {
      this.#detached(request, { head, reuse: keepsAlive(request) });
    } else {
      request.socket.on('error', closeAfterError);
      this.#lastAnswer.give(request.socket, methodNotServed('CONNECT'));
    }
  }

  #upgrade(request: IncomingMessage, head: Buffer): void {
    if (request.method === 'GET') {
      this.#detached(request, { head, reuse: false });
    } else {
      this.#push(request, head);
    }
  }

  #relays(request: IncomingMessage): boolean {
    const { socket } = request;
    return (
      this.options.relaysBodies === true &&
      this.options.relay?.buffers !== undefined &&
      isRelayable(request) &&
      ClientReads.canRead(socket) &&
      !isUnderWay(this.#open.get(socket)?.latest)
    );
  }

  /** Serves a request whose body is relayed. */
  #push(request: IncomingMessage, head: Buffer): void {
    const { socket } = request;
    const { relay, keepAlive, serve } = this.options;
    const buffers = relay?.buffers;
    socket.on('error', closeAfterError);
    if (!buffers || serve.isClosing(socket)) {
      return;
    }
    const push = new PushConnection(request, {
      reads: ClientReads.of(socket, buffers),
      buffers,
      head,
      keepAlive: keepsAlive(request),
      idleMs: keepAlive,
      reuse: (first) => {
        socket.unshift(first);
        this.#reuse(socket);
      },
    });
    const { response } = push;
    this.#serve(request, response, {
      push,
      sendContinue: request.headers.expect === undefined ? undefined : () => response.writeContinue(),
    });
  }

  /** Serves a request whose connection Node.js has detached from its HTTP server. */
  #detached(request: IncomingMessage, { head, reuse }: { readonly head: Buffer; readonly reuse: boolean }): void {
    const { socket } = request;
    // Node.js has removed its error listener: without this one, a reset by the client would end the program.
    socket.on('error', closeAfterError);
    if (this.options.serve.isClosing(socket)) {
      return;
    }
    if (isUnderWay(this.#open.get(socket)?.latest)) {
      const failure = 'a WebSocket or a tunnel must not be asked for before the answer to the request before it';
      return this.#lastAnswer.give(socket, new ProxyError('RequestMalformed', failure));
    }
    const upgrading = new UpgradingConnection(request, {
      socket,
      head,
      reuse: reuse ? () => this.#reuse(socket) : undefined,
      serveInside: (inner, ways) => this.#serveInside(socket, inner, ways),
      refusePlainHttp: () => this.#refusePlainHttpInside(socket),
    });
    this.#serve(request, upgrading.response, { incoming: request, upgrading });
  }

  #reuse(socket: Socket): void {
    socket.off('error', closeAfterError);
    this.#server.emit('connection', socket);
    socket.resume();
  }

  /** Replaces a connection by one that runs inside it. */
  #serveInside(socket: Socket, inner: Socket, ways: Ways): void {
    const connection = this.#open.get(socket);
    if (!connection) {
      return void inner.destroy();
    }
    this.#open.delete(socket);
    const { listener, slot } = connection;
    if (inner !== socket) {
      slot.secure(inner);
    } else {
      socket.off('error', closeAfterError);
    }
    this.accept(inner, { listener, slot, ways });
    // `release` has paused the connection itself.
    inner.resume();
  }

  #serve(request: RequestHead, response: ClientResponse, circumstances: Known): void {
    const { serve } = this.options;
    const connection = this.#open.get(request.socket);
    if (!connection || this.#isTooFarAhead(connection, request, response) || serve.isClosing(request.socket)) {
      return;
    }
    if (this.#closingIdle) {
      response.shouldKeepAlive = false;
    }
    connection.latest = response;
    const { slot, ways, authenticated } = connection;
    if (!slot.isKnown) {
      this.#serveStranger(slot, request, response);
    }
    serve.serve(request, response, { way: wayOf(request, ways), authenticated, ...circumstances });
  }

  /**
   * Counts a request that arrives before the one before it is answered. Closes the connection if such requests exceed the limit. The proxy
   * does not stop reading instead, because it would not notice that the client disconnects.
   */
  #isTooFarAhead(connection: Connection, { rawHeaders, url = '', socket }: RequestHead, response: ClientResponse): boolean {
    if (!isUnderWay(connection.latest)) {
      return false;
    }
    const bytes = rawHeaders.reduce((sum, text) => sum + text.length, REQUEST_BYTES + url.length);
    connection.ahead = [...connection.ahead.filter((one) => isUnderWay(one.response)), { response, bytes }];
    if (connection.ahead.reduce((sum, one) => sum + one.bytes, 0) <= MAX_AHEAD) {
      return false;
    }
    // The rest of the data that was read may contain more requests.
    if (!socket.destroyed) {
      this.#rejected(socket, new ProxyError('LimitReached', 'too many requests arrived before earlier ones were answered'));
      socket.destroy();
    }
    return true;
  }

  /**
   * Reads no more of a stranger's body than the part that arrived with the headers. The socket resumes when the body is read or discarded.
   * Also closes the connection of a stranger who does not read the response.
   */
  #serveStranger(slot: ConnectionSlot, { headers, socket }: RequestHead, response: ClientResponse): void {
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) {
      socket.pause();
    }
    slot.begin();
    response.once('close', () => slot.end());
    response.once('prefinish', () => {
      if (!slot.isKnown) {
        response.setTimeout(this.options.strangerIdleMs, () => slot.close('idle'));
      }
    });
  }
}

/** The error listener of a connection that Node.js has detached from its HTTP server. */
function closeAfterError(this: Socket): void {
  this.destroy();
}

function wayOf({ method, url = '' }: RequestHead, { origin, absolute = origin, connect = origin }: Ways): Way {
  if (method === 'CONNECT') {
    return connect;
  }
  return url.startsWith('/') ? origin : absolute;
}

/** Whether the connection remains open after the response (RFC 9112 §9.3). */
function keepsAlive({ httpVersion, headers }: IncomingMessage): boolean {
  const closes = [headers.connection, headers['proxy-connection']].join(',').toLowerCase().split(',');
  return httpVersion === '1.1' && !closes.some((option) => option.trim() === 'close');
}

function isUnderWay(response: ClientResponse | undefined): boolean {
  return response !== undefined && !response.writableFinished;
}
