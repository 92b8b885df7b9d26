import { Agent, type ClientRequest, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { pinnedConnect, type PinnedConnectOptions, UpstreamConnectError } from '@oci-connector/egress';
import { Sensitive } from '@oci-connector/sensitive';
import httpProxy from 'http-proxy';
import { type BodyConsumer } from '../transfer/body';
import { type Transfer } from '../transfer/transfer';
import { type WebSocketClient } from '../transfer/web-socket-client';
import { type ResponseHeaders } from './response-headers';
import { UndiciResponse } from './undici-response';
import { invalidAnswer, upstreamError } from './upstream-error';
import { type UpstreamRequest, type UpstreamResponse, type UpstreamTransport } from './upstream-transport';
import { acceptedHandshake } from './web-socket-handshake';
import { untilBothClosed } from './web-socket-tunnel';

/** As of other answers; Node.js takes 16 KiB. In bytes. */
const MAX_HEADER_BYTES = 64 * 1024;

const NOTHING = Buffer.alloc(0);

type Upgraded = (message: IncomingMessage, upstream: Socket, head: Buffer) => void;

/** A request that has been sent, and what http-proxy would do once it is answered 101. */
interface Sent {
  readonly outgoing: ClientRequest;
  readonly upgraded: Upgraded;
}

/** Who waits for the answer to it. */
interface Waiting {
  readonly request: UpstreamRequest & { readonly webSocket: WebSocketClient };
  readonly resolve: (response: UpstreamResponse) => void;
  readonly reject: (error: Error) => void;
}

/**
 * {@link UpstreamTransport} for requests that ask for a WebSocket, over the `ws` of http-proxy, which sends the request and moves the
 * bytes. What it would do with the answer in between is kept from it (ADR 26): it writes every answer to the client as it comes, and ends
 * the client's connection at every error.
 */
export class WebSocketTransport implements UpstreamTransport {
  readonly #connect: ReturnType<typeof pinnedConnect>;

  /** Connects only where the egress policy allows. */
  constructor(options: PinnedConnectOptions) {
    this.#connect = pinnedConnect(options);
  }

  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    const { transfer, webSocket } = request;
    if (transfer.cancelled) {
      throw transfer.cancelled;
    }
    if (!webSocket) {
      throw new Error('no client waits for a WebSocket');
    }
    return new Promise((resolve, reject) => {
      try {
        new Handshake({ request: { ...request, webSocket }, resolve, reject }, this.#send(request, webSocket.socket));
      } catch (error) {
        // Node.js throws what it refuses to send, such as a header value with a line break.
        reject(upstreamError(error, request));
      }
    });
  }

  /** Nothing is kept. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #send(request: UpstreamRequest, client: Socket): Sent {
    const proxy = httpProxy.createProxyServer({
      // Of no use but to pass its checks: the connection comes from the agent, the path is set below.
      target: { protocol: 'http:', host: 'upstream', port: '80' },
      agent: new OneConnection(() => this.#connect(request.origin, request.transfer.signal)),
      ignorePath: true,
      // Keeps the deprecated url.parse away from the path.
      toProxy: true,
      // It becomes the options of the request, whether there is TLS or not.
      ssl: { maxHeaderSize: MAX_HEADER_BYTES, insecureHTTPParser: false },
    });
    const sent: ClientRequest[] = [];
    proxy.once('proxyReqWs', (outgoing) => {
      // http-proxy would merge the slashes of any path that it is told.
      outgoing.path = request.path;
      sent.push(outgoing);
    });
    proxy.ws(handshakeRequest(request), client, NOTHING, {}, () => undefined);
    const [outgoing] = sent;
    const [upgraded] = outgoing?.listeners('upgrade') ?? [];
    if (!outgoing || !upgraded) {
      throw new Error('http-proxy has not sent the request');
    }
    for (const event of ['upgrade', 'response', 'error']) {
      outgoing.removeAllListeners(event);
    }
    return { outgoing, upgraded: upgraded as Upgraded };
  }
}

/** The answer to one request. */
class Handshake {
  readonly #cancel = (reason: Error): void => void this.sent.outgoing.destroy(reason);

  constructor(
    private readonly waiting: Waiting,
    private readonly sent: Sent,
  ) {
    const { request } = waiting;
    request.transfer.onCancel(this.#cancel);
    sent.outgoing.once('upgrade', (message: IncomingMessage, upstream: Socket, head: Buffer) => this.#upgraded(message, upstream, head));
    sent.outgoing.once('response', (message: IncomingMessage) => this.#answered(message));
    sent.outgoing.on('error', (error) => this.#failed(error));
  }

  #failed(error: unknown): void {
    const { request, reject } = this.waiting;
    request.transfer.offCancel(this.#cancel);
    reject(upstreamError(error, request));
  }

  /** Any status but 101, or 101 without a protocol to switch to, after which nobody knows what comes. */
  #answered(message: IncomingMessage): void {
    const { request, resolve } = this.waiting;
    const { transfer } = request;
    const { statusCode = 0 } = message;
    if (statusCode < 200) {
      return void this.sent.outgoing.destroy(invalidAnswer(request.origin, 'it switches to no protocol'));
    }
    transfer.moved();
    const controller = {
      pause: () => void message.pause(),
      resume: () => void message.resume(),
      abort: (reason: Error) => void message.destroy(reason),
    };
    const response = new UndiciResponse({ controller, status: statusCode, headers: linesOf(message), early: false, transfer });
    message.on('data', (chunk: Buffer) => response.push(chunk));
    message.once('end', () => {
      transfer.offCancel(this.#cancel);
      response.end();
    });
    message.once('error', (error) => {
      transfer.offCancel(this.#cancel);
      response.fail(upstreamError(error, request));
    });
    resolve(response);
  }

  #upgraded(message: IncomingMessage, upstream: Socket, head: Buffer): void {
    const { request, resolve, reject } = this.waiting;
    const { transfer } = request;
    transfer.moved();
    transfer.offCancel(this.#cancel);
    // Node.js has let go of the connection, its errors included. What is missing then, its close tells.
    upstream.on('error', () => upstream.destroy());
    const handshake = acceptedHandshake(request.headers, message.headersDistinct);
    if ('problem' in handshake) {
      upstream.destroy();
      return reject(invalidAnswer(request.origin, handshake.problem));
    }
    const carry = (headers: ResponseHeaders): Promise<void> => {
      request.webSocket.release();
      message.headers = { connection: 'Upgrade', upgrade: 'websocket', ...headers };
      this.sent.upgraded.call(this.sent.outgoing, message, upstream, head);
      return untilBothClosed({ client: request.webSocket, upstream, transfer });
    };
    resolve(new AcceptedWebSocket(handshake.headers, carry, { upstream, transfer }));
  }
}

/** The answer 101: a connection that is carried, or closed when nobody wants it. */
class AcceptedWebSocket extends UndiciResponse {
  constructor(
    headers: ResponseHeaders,
    readonly carry: (headers: ResponseHeaders) => Promise<void>,
    private readonly connection: { readonly upstream: Socket; readonly transfer: Transfer },
  ) {
    const { upstream, transfer } = connection;
    const abort = (): void => void upstream.destroy();
    super({ controller: { pause: nothing, resume: nothing, abort }, status: 101, headers, early: false, transfer });
    transfer.onCancel(abort);
  }

  /** Nobody carries it. */
  override consume(consumer: BodyConsumer): void {
    this.connection.upstream.destroy();
    consumer.end();
  }
}

function nothing(): void {
  return undefined;
}

/** Headers as undici gives them: what was sent in several lines is several values. */
function linesOf({ headersDistinct }: IncomingMessage): ResponseHeaders {
  const headers: Record<string, string | string[]> = {};
  for (const name in headersDistinct) {
    const [value = '', ...more] = headersDistinct[name] ?? [];
    headers[name] = more.length === 0 ? value : [value, ...more];
  }
  return headers;
}

/** Gives a request the one connection that the egress policy allows, with TLS where the origin has it. */
class OneConnection extends Agent {
  constructor(private readonly connect: () => Promise<Socket>) {
    super({ keepAlive: false });
  }

  override createConnection(_options: unknown, connected?: (error: Error | null, socket: Socket) => void): undefined {
    this.connect().then(
      // One that is at its end already has told so, and tells nobody any more.
      (socket) => connected?.(socket.destroyed ? new UpstreamConnectError('ConnectionReset', 'The connection broke off') : null, socket),
      (error: Error) => connected?.(error, new Socket()),
    );
  }
}

/** What http-proxy takes for the client's request. It sees nothing of the client's own headers (rule C7). */
function handshakeRequest({ method, origin, headers }: UpstreamRequest): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  message.method = method;
  message.url = '/';
  message.headers = { host: new URL(origin).host };
  for (const name in headers) {
    const value = headers[name];
    message.headers[name] = value instanceof Sensitive ? value.reveal() : value;
  }
  message.headers.connection = 'Upgrade';
  message.headers.upgrade = 'websocket';
  return message;
}
