import { Socket } from 'node:net';
import { type IncomingMessage } from 'node:http';
import { type Duplex } from 'node:stream';
import { hasContent } from '@oci-connector/http';
import { type AccessLog } from '../observability/access-log';
import { type RequestHead } from '../naming/request-head';
import { type ProxyMetrics } from '../observability/proxy-metrics';
import { type ClientExchange } from '../pipeline/proxy-exchange';
import { type ProxyError } from '../proxy.errors';
import { type Transfers } from '../transfer/transfers';
import { type ClientResponse } from './client-sink';
import { cutResponse } from './cut-response';
import { sendError } from './error-response';
import { closeLingering } from './lingering-close';
import { findMalformation } from './malformed-request';
import { type PushConnection } from './push-connection';
import { toProxyError } from './to-proxy-error';
import { type UpgradingConnection } from './upgrading-connection';
import { type Way } from './ways';

/** The largest unread body, in bytes, that is discarded so that the connection can be reused. */
const MAX_UNREAD_BODY = 64 * 1024;

export interface ServeRequestOptions {
  readonly transfers: Transfers;
  readonly metrics: ProxyMetrics;
  readonly accessLog: AccessLog;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** The properties of a request that the listener knows, in addition to its headers. */
export interface RequestCircumstances extends Pick<ClientExchange, 'authenticated'> {
  readonly way: Way;
  /** The request with its body, if `node:http` reads it. */
  readonly incoming?: IncomingMessage;
  /** Sends `100 Continue`; present when the client waits for it before it sends its body. */
  readonly sendContinue?: () => void;
  /** Present when the connection can become a WebSocket or a tunnel. */
  readonly upgrading?: UpgradingConnection;
  /** Present when the body is relayed. */
  readonly push?: PushConnection;
}

/** An exchange with all of its response. */
interface ServedExchange extends ClientExchange {
  readonly response: ClientResponse;
}

/** Serves a request: begins and ends its transfer, answers errors, and writes log and metrics. */
export class ServeRequest {
  /** Functions to call when a connection closes. Each connection has only one `close` listener, however many requests it carries. */
  readonly #waiting = new WeakMap<Socket, (() => void)[]>();

  /** Connections that got their last response: further data on them is not a request (rule C8). */
  readonly #closing = new WeakSet<Duplex>();

  constructor(private readonly options: ServeRequestOptions) {}

  serve(request: RequestHead, response: ClientResponse, circumstances: RequestCircumstances): void {
    const client = this.#exchange(request, response, circumstances);
    const { metrics } = this.options;
    metrics.began(client.body === undefined && client.incoming === undefined);
    if (hasContent(request.headers)) {
      metrics.bodyBegan(client.body !== undefined);
    }
    // The request ends when both the pipeline and the response have ended.
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
    const gone = (): void => client.transfer.cancel('client-aborted');
    circumstances.upgrading?.onGone(gone);
    circumstances.push?.onGone(gone);
    if (request.headers.upgrade !== undefined && request.method !== 'CONNECT') {
      // Node.js discards data that arrives together with such a request, so later data could begin within another request (rule C8).
      this.#closing.add(request.socket);
      response.shouldKeepAlive = false;
    }
    const malformation = findMalformation(request);
    if (!malformation) {
      return void this.#handle(client, circumstances.way).then(over);
    }
    // In this turn of the event loop, because Node.js next hands over the requests that arrived together with this one.
    this.#closing.add(request.socket);
    this.#fail(client, malformation);
    over();
  }

  /** Whether the connection got its last response. */
  isClosing(socket: Duplex): boolean {
    return this.#closing.has(socket);
  }

  /** Never rejects. */
  async #handle(client: ServedExchange, way: Way): Promise<void> {
    try {
      await way.handle(client);
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

  /** Counts and logs a request that was refused before the pipeline got it. */
  rejected(socket: Duplex, listener: string, failure: ProxyError): void {
    const { metrics, accessLog } = this.options;
    this.#closing.add(socket);
    metrics.rejected(listener, failure.code);
    accessLog.rejected(socket instanceof Socket ? socket.remoteAddress : undefined, failure);
  }

  /**
   * Calls a function once, when the response has ended. Node.js emits no `close` for the response to a pipelined request that is never
   * served, so the function is also called when the connection closes.
   */
  #whenClosed(socket: Socket, response: ClientResponse, tell: () => void): void {
    const waiting = this.#waitingFor(socket);
    const closed = (): void => {
      const index = waiting.indexOf(closed);
      if (index < 0) {
        return;
      }
      waiting.splice(index, 1);
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
    request: RequestHead,
    response: ClientResponse,
    { way, incoming, sendContinue, authenticated, upgrading, push }: RequestCircumstances,
  ): ServedExchange {
    let waiting = sendContinue;
    const transfer = this.options.transfers.begin();
    return {
      request,
      incoming,
      response,
      transfer,
      body: push?.read(transfer),
      login: way.login,
      record: { method: request.method ?? '', peer: request.socket.remoteAddress ?? '', startedAt: this.options.now() },
      connection: upgrading,
      authenticated,
      continueBody: () => {
        waiting?.();
        waiting = undefined;
      },
    };
  }

  #fail(client: ServedExchange, error: unknown): void {
    const { response, record, transfer } = client;
    // If the transfer was cancelled, the reason is the cancellation, and the error only its consequence.
    const failure = client.login.refusal(toProxyError(transfer.cancelled ?? error, record.registry));
    record.code = failure.code;
    record.error = failure.cause ?? failure;
    if (response.headersSent || response.destroyed || record.switched) {
      record.truncated = true;
      cutResponse(response);
      return;
    }
    if (failure.closes || hasUnreadBody(client)) {
      response.shouldKeepAlive = false;
      response.setHeader('connection', 'close');
      if (response.socket) {
        closeLingering(response.socket);
      }
    }
    sendError(response, failure, client.errors);
  }

  #report({ record, transfer, response, login }: ServedExchange): void {
    record.mode = login.mode;
    const durationMs = this.options.now() - record.startedAt;
    const status = record.switched ?? answeredStatus(response);
    this.options.metrics.finished(record, transfer, { status, durationMs });
    this.options.accessLog.finished(record, transfer, { status, durationMs });
  }
}

function answeredStatus({ headersSent, statusCode }: ClientResponse): number | undefined {
  return headersSent ? statusCode : undefined;
}

/**
 * Sets a time limit for a client that does not read, after the complete response was passed to Node.js; such a client must not occupy a
 * place forever. From then on, only the socket knows whether bytes still move, once the response has the socket.
 */
function onlyTheClientIsLeft({ response, transfer }: ServedExchange, idleMs: number): void {
  // The error response that reports the cancellation may not be sent completely yet.
  if (transfer.cancelled) {
    return;
  }
  transfer.whenIdle(() => {
    response.setTimeout(idleMs, () => transfer.cancel('client-silent'));
  });
  transfer.onCancel(() => cutResponse(response));
}

/**
 * Frees the memory of a request's headers. Node.js keeps the latest request of a connection until the next one arrives. Its headers may
 * have 64 KiB, and thousands of connections may be idle.
 */
function forgetHead(request: RequestHead): void {
  request.rawHeaders = [];
  request.headers = {};
  request.url = '';
}

/** Whether the unread rest of the request body is too long, or of unknown length, to discard it. */
function hasUnreadBody({ incoming, body }: ServedExchange): boolean {
  if (body) {
    return !body.isComplete;
  }
  if (!incoming || incoming.complete) {
    return false;
  }
  const length = incoming.headers['content-length'];
  const expects = incoming.headers.expect !== undefined;
  return expects || incoming.readableDidRead || incoming.destroyed || length === undefined || Number(length) > MAX_UNREAD_BODY;
}
