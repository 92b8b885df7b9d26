import { Agent, type ClientRequest, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { pinnedConnect, type PinnedConnect, type PinnedConnectOptions, UpstreamConnectError } from '@oci-connector/egress';
import { Sensitive } from '@oci-connector/sensitive';
import httpProxy from 'http-proxy';
import { type BodyConsumer } from '../transfer/body';
import { type Transfer } from '../transfer/transfer';
import { type RawConnection } from '../transfer/raw-connection';
import { receivedMessage } from './received-message';
import { ReceivedResponse } from './received-response';
import { type ResponseHeaders } from './response-headers';
import { invalidAnswer, upstreamError } from './upstream-error';
import { type UpstreamRequest, type UpstreamResponse, type UpstreamTransport } from './upstream-transport';
import { acceptedHandshake } from './web-socket-handshake';
import { untilBothClosed } from './tunnel';

/** Longest head of a response, as for other requests; the default of Node.js is 16 KiB. In bytes. */
const MAX_HEADER_BYTES = 64 * 1024;

const NOTHING = Buffer.alloc(0);

type Upgraded = (message: IncomingMessage, upstream: Socket, head: Buffer) => void;

/** A request that was sent, and the listener of http-proxy for its 101. */
interface Sent {
  readonly outgoing: ClientRequest;
  readonly upgraded: Upgraded;
}

/** A request whose response is awaited. */
interface Waiting {
  readonly request: UpstreamRequest & { readonly webSocket: RawConnection };
  readonly resolve: (response: UpstreamResponse) => void;
  readonly reject: (error: Error) => void;
}

/**
 * {@link UpstreamTransport} for requests for a WebSocket, over the `ws` method of http-proxy, which sends the request and transfers the
 * bytes. This class handles the response itself (ADR 26): http-proxy would write every response to the client unchanged, and end the
 * client's connection at every error.
 */
export class WebSocketTransport implements UpstreamTransport {
  readonly #connect: PinnedConnect;

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
        // Node.js throws when it refuses to send the request, for example because of a header value with a line break.
        reject(upstreamError(error, request));
      }
    });
  }

  /** Does nothing, because this transport keeps no connections. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #send(request: UpstreamRequest, client: Socket): Sent {
    const proxy = httpProxy.createProxyServer({
      // Only passes the checks of http-proxy: the agent opens the connection, and the path is set below.
      target: { protocol: 'http:', host: 'upstream', port: '80' },
      agent: new OneConnection(() => this.#connect(request.origin, { signal: request.transfer.signal })),
      ignorePath: true,
      // Keeps the deprecated url.parse away from the path.
      toProxy: true,
      // http-proxy uses these as options of the request, with or without TLS.
      ssl: { maxHeaderSize: MAX_HEADER_BYTES, insecureHTTPParser: false },
    });
    const sent: ClientRequest[] = [];
    proxy.once('proxyReqWs', (outgoing) => {
      // http-proxy would merge the slashes of a path in its options.
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

/** Waits for the response to one request. */
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

  /** Handles every status except 101, and a 101 without a protocol, after which the meaning of the bytes is unknown. */
  #answered(message: IncomingMessage): void {
    const { request, resolve } = this.waiting;
    const { transfer } = request;
    const { statusCode = 0 } = message;
    if (statusCode < 200) {
      return void this.sent.outgoing.destroy(invalidAnswer(request.origin, 'it switches to no protocol'));
    }
    transfer.moved();
    // Not the request any more: destroying that would empty the response, and end it as if it were complete.
    transfer.offCancel(this.#cancel);
    resolve(receivedMessage(message, request));
  }

  #upgraded(message: IncomingMessage, upstream: Socket, head: Buffer): void {
    const { request, resolve, reject } = this.waiting;
    const { transfer } = request;
    transfer.moved();
    transfer.offCancel(this.#cancel);
    // Node.js no longer handles errors of this connection. Its close shows that bytes are missing.
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
      request.webSocket.socket.on('data', (chunk: Buffer) => transfer.received(chunk.length));
      upstream.on('data', (chunk: Buffer) => transfer.sent(chunk.length));
      return untilBothClosed({ client: request.webSocket, upstream, transfer });
    };
    resolve(new AcceptedWebSocket(handshake.headers, carry, { upstream, transfer }));
  }
}

/** A response with status 101: its connection is either carried or closed. */
class AcceptedWebSocket extends ReceivedResponse {
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

  /** Closes the connection, because it is not carried. */
  override consume(consumer: BodyConsumer): void {
    this.connection.upstream.destroy();
    consumer.end();
  }
}

function nothing(): void {
  return undefined;
}

/** Gives a request the connection that the egress policy allows, with TLS if the origin is https. */
class OneConnection extends Agent {
  constructor(private readonly connect: () => Promise<Socket>) {
    super({ keepAlive: false });
  }

  override createConnection(_options: unknown, connected?: (error: Error | null, socket: Socket) => void): undefined {
    this.connect().then(
      // A connection that has already closed emits no further event.
      (socket) => connected?.(socket.destroyed ? new UpstreamConnectError('ConnectionReset', 'The connection broke off') : null, socket),
      (error: Error) => connected?.(error, new Socket()),
    );
  }
}

/** Creates the request that http-proxy forwards. It contains none of the client's own headers (rule C7). */
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
