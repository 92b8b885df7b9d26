import { Socket } from 'node:net';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type Duplex } from 'node:stream';
import { type AccessLog } from '../observability/access-log';
import { type ProxyMetrics } from '../observability/proxy-metrics';
import { type HandleRequest } from '../pipeline/handle-request';
import { type ClientExchange } from '../pipeline/proxy-exchange';
import { type ProxyError } from '../proxy.errors';
import { closeLingering } from './lingering-close';
import { type Transfers } from '../transfer/transfers';
import { sendError, toProxyError } from './error-response';
import { findMalformation } from './malformed-request';
import { type UpgradingConnection } from './upgrading-connection';

/** An unread body of at most this size is read and forgotten, so that the connection can be used again. In bytes. */
const MAX_UNREAD_BODY = 64 * 1024;

export interface ServeRequestOptions {
  readonly handler: HandleRequest;
  readonly transfers: Transfers;
  readonly metrics: ProxyMetrics;
  readonly accessLog: AccessLog;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** What the listener knows of a request besides its head. */
export interface RequestCircumstances extends Pick<ClientExchange, 'naming' | 'authenticated'> {
  /** The client waits for `100 Continue` before it sends its body. */
  readonly expectsContinue: boolean;
  /** Present when the connection can become a WebSocket. */
  readonly upgrading?: UpgradingConnection;
}

/** An exchange whose answer is written here. */
interface ServedExchange extends ClientExchange {
  readonly response: ServerResponse;
}

/** The edge of the data plane: begins and ends a transfer, answers errors, writes log and metrics. */
export class ServeRequest {
  /** What is to be told when a connection closes. One listener for each connection, however many requests it brings. */
  readonly #waiting = new WeakMap<Socket, (() => void)[]>();

  /** Connections whose last answer was given: what else arrives there is no request (rule C8). */
  readonly #closing = new WeakSet<Duplex>();

  constructor(private readonly options: ServeRequestOptions) {}

  serve(request: IncomingMessage, response: ServerResponse, circumstances: RequestCircumstances): void {
    const client = this.#exchange(request, response, circumstances);
    // The pipeline and the response, whichever is over last.
    let underWay = 2;
    const over = (): void => {
      underWay -= 1;
      if (underWay === 0) {
        this.#end(client);
      }
    };
    this.#whenClosed(request.socket, response, () => {
      if (!response.writableFinished && !client.record.truncated && !client.record.switched) {
        client.transfer.cancel('client-aborted');
      }
      over();
    });
    circumstances.upgrading?.onGone(() => client.transfer.cancel('client-aborted'));
    if (request.headers.upgrade !== undefined) {
      // What comes together with such a request Node.js throws away, so that the rest would begin in the middle of something (rule C8).
      this.#closing.add(request.socket);
      response.shouldKeepAlive = false;
    }
    const malformation = findMalformation(request);
    if (!malformation) {
      return void this.#handle(client).then(over);
    }
    // In this turn: Node.js hands over next what has arrived together with this request.
    this.#closing.add(request.socket);
    this.#fail(client, malformation);
    over();
  }

  /** Whether the last answer on the connection was given. */
  isClosing(socket: Duplex): boolean {
    return this.#closing.has(socket);
  }

  /** Never rejects. */
  async #handle(client: ServedExchange): Promise<void> {
    try {
      await this.options.handler.handle(client);
    } catch (error) {
      this.#fail(client, error);
    }
    onlyTheClientIsLeft(client, this.options.transfers.idleMs);
  }

  #end(client: ServedExchange): void {
    this.options.transfers.end(client.transfer);
    this.#report(client);
    forgetHead(client.request);
  }

  /** Counts and logs what was refused before it became a request. */
  rejected(socket: Duplex, listener: string, failure: ProxyError): void {
    const { metrics, accessLog } = this.options;
    this.#closing.add(socket);
    metrics.rejected(listener, failure.code);
    accessLog.rejected(socket instanceof Socket ? socket.remoteAddress : undefined, failure);
  }

  /**
   * Tells once that the response is over. A pipelined request whose turn never comes is given no socket, and Node then emits
   * no `close` for its response: the end of the connection is the end of that one, too.
   */
  #whenClosed(socket: Socket, response: ServerResponse, tell: () => void): void {
    const waiting = this.#waitingFor(socket);
    const closed = (): void => {
      const place = waiting.indexOf(closed);
      if (place < 0) {
        return;
      }
      waiting.splice(place, 1);
      tell();
    };
    waiting.push(closed);
    response.on('close', closed);
    if (socket.destroyed) {
      closed();
    }
  }

  #waitingFor(socket: Socket): (() => void)[] {
    const known = this.#waiting.get(socket);
    if (known) {
      return known;
    }
    const waiting: (() => void)[] = [];
    this.#waiting.set(socket, waiting);
    socket.once('close', () => [...waiting].forEach((closed) => closed()));
    return waiting;
  }

  #exchange(
    request: IncomingMessage,
    response: ServerResponse,
    { naming, expectsContinue, authenticated, upgrading }: RequestCircumstances,
  ): ServedExchange {
    let waiting = expectsContinue;
    return {
      request,
      response,
      transfer: this.options.transfers.begin(),
      naming,
      record: { method: request.method ?? '', peer: request.socket.remoteAddress ?? '', startedAt: this.options.now() },
      webSocket: upgrading,
      authenticated,
      continueBody: () => {
        if (waiting) {
          response.writeContinue();
        }
        waiting = false;
      },
    };
  }

  #fail(client: ServedExchange, error: unknown): void {
    const { response, record, transfer } = client;
    // What broke because the transfer was cancelled says nothing; the reason for that does.
    const failure = toProxyError(transfer.cancelled ?? error, record.registry);
    record.code = failure.code;
    record.error = failure.cause ?? failure;
    if (response.headersSent || response.destroyed || record.switched) {
      record.truncated = true;
      // The only way left to tell the client that something is missing.
      response.destroy();
      return;
    }
    if (failure.closes || hasUnreadBody(client)) {
      response.setHeader('connection', 'close');
      if (response.socket) {
        closeLingering(response.socket);
      }
    }
    sendError(response, failure, client.protocol);
  }

  #report({ record, transfer, response }: ServedExchange): void {
    const durationMs = this.options.now() - record.startedAt;
    const status = record.switched ? 101 : answeredStatus(response);
    this.options.metrics.finished(record, transfer, { status, durationMs });
    this.options.accessLog.finished(record, transfer, { status, durationMs });
  }
}

function answeredStatus({ headersSent, statusCode }: ServerResponse): number | undefined {
  return headersSent ? statusCode : undefined;
}

/**
 * All that is to be sent was handed over; who does not take it must not keep its place for ever. Whether bytes still move only the
 * connection knows, once it is this response's turn on it.
 */
function onlyTheClientIsLeft({ response, transfer }: ServedExchange, idleMs: number): void {
  // The answer that tells of a cancellation may itself be on its way.
  if (transfer.cancelled) {
    return;
  }
  transfer.whenIdle(() => {
    response.setTimeout(idleMs, () => transfer.cancel('client-silent'));
  });
  transfer.onCancel(() => response.destroy());
}

/**
 * Node.js keeps the latest request of a connection until the next one comes. Its head may have 64 KiB, and there may be thousands of
 * connections that are idle.
 */
function forgetHead(request: IncomingMessage): void {
  request.rawHeaders = [];
  request.headers = {};
  request.url = '';
}

/** True when more is on its way than is worth waiting for. */
function hasUnreadBody({ request }: ServedExchange): boolean {
  if (request.complete) {
    return false;
  }
  const length = request.headers['content-length'];
  const expects = request.headers.expect !== undefined;
  return expects || request.readableDidRead || request.destroyed || length === undefined || Number(length) > MAX_UNREAD_BODY;
}
