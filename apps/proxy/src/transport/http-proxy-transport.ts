import { type ClientRequest, IncomingMessage, Agent as HttpAgent, ServerResponse } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import {
  classifyConnectError,
  type EgressPolicy,
  type EgressPurpose,
  formatHostAndPort,
  type HostAndPort,
  hostAndPort,
  pinnedLookup,
  trustedWith,
  UpstreamConnectError,
} from '@oci-connector/egress';
import { Sensitive } from '@oci-connector/sensitive';
import { createProxyServer } from 'http-proxy';
import { type UpstreamResponse, type UpstreamRequest, type UpstreamTransport } from './upstream-transport';
import { IncomingResponse } from './incoming-response';

export interface HttpProxyTransportOptions {
  readonly policy: EgressPolicy;
  readonly purpose: EgressPurpose;
  /** Certificates in PEM that are trusted besides the system's roots. */
  readonly ca?: readonly string[];
}

/** As for registries: twice what a handshake over three slow round trips with two lost packets takes. */
const CONNECT_TIMEOUT_MS = 10_000;

/** An idle connection is closed before usual servers do it (load balancers 60 s), so that a request rarely meets a closing one. */
const IDLE_TIMEOUT_MS = 15_000;

/** Connections that wait for the next request, per host; more are closed after their answer. */
const MAX_FREE_SOCKETS = 64;

/**
 * {@link UpstreamTransport} by the http-proxy package, for services of which nothing but the path and the headers is known.
 * The package makes the request and joins the streams; where connections go, what is sent and when it ends is said here.
 */
export class HttpProxyTransport implements UpstreamTransport {
  readonly #agents: { readonly http: HttpAgent; readonly https: HttpsAgent };
  #running = 0;
  #drained?: () => void;

  constructor(private readonly options: HttpProxyTransportOptions) {
    const { policy, purpose, ca = [] } = options;
    const shared = {
      keepAlive: true,
      maxFreeSockets: MAX_FREE_SOCKETS,
      // Ends free connections only; a request in silence is ended by its transfer.
      timeout: IDLE_TIMEOUT_MS,
      lookup: pinnedLookup(policy, purpose),
    };
    const trusted = ca.length === 0 ? {} : { ca: trustedWith(ca) };
    this.#agents = { http: new HttpAgent(shared), https: new HttpsAgent({ ...shared, ...trusted, rejectUnauthorized: true }) };
  }

  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    const target = peerOf(request.origin);
    // Node asks no lookup function about an address, so the policy is asked here.
    if (isIP(target.host) !== 0) await this.options.policy.resolve(target.host, target.port, this.options.purpose);
    const running = new Running(request, () => this.#ended());
    this.#running += 1;
    try {
      return await this.#forward(running, target);
    } catch (error) {
      running.end();
      throw toUpstreamError(error, request, target);
    }
  }

  async close(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  #forward(running: Running, target: Peer): Promise<UpstreamResponse> {
    const { request, outgoing, body } = running;
    return new Promise<UpstreamResponse>((resolve, reject) => {
      const proxy = createProxyServer();
      proxy.on('proxyReq', (upstream) => {
        // http-proxy merges the slashes of a path; it has to go on byte for byte.
        upstream.path = request.path;
        limitConnecting(upstream, target);
        running.begin(upstream);
      });
      proxy.on('proxyRes', (incoming) => {
        request.transfer.moved();
        const early = request.body !== undefined && !request.body.readableEnded;
        const toError = (error: unknown): Error => toUpstreamError(error, request, target);
        resolve(new IncomingResponse(incoming, { early, transfer: request.transfer, toError }));
      });
      const agent = this.#agents[target.protocol === 'https:' ? 'https' : 'http'];
      // The response is a stand-in: selfHandleResponse leaves the answer to whoever asked.
      proxy.web(outgoing, new ServerResponse(outgoing), { target, agent, buffer: body, selfHandleResponse: true }, reject);
    });
  }

  #ended(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#drained?.();
  }
}

/** One request on its way. */
class Running {
  readonly outgoing: IncomingMessage;
  /** The request's body goes through here, so that nothing of it is read before the request upstream stands. */
  readonly body = new PassThrough();
  #ended = false;
  // http-proxy gives up the request upstream when its client's is aborted.
  readonly #cancel = (): void => void this.outgoing.emit('aborted');
  readonly #count = (chunk: Buffer): void => this.request.transfer.received(chunk.length);

  constructor(
    readonly request: UpstreamRequest,
    private readonly onEnd: () => void,
  ) {
    this.outgoing = outgoingMessage(request);
    request.transfer.onCancel(this.#cancel);
  }

  begin(upstream: ClientRequest): void {
    upstream.once('close', () => this.end());
    if (this.request.transfer.cancelled) {
      this.#cancel();
    } else if (this.request.body === undefined) {
      this.body.end();
    } else {
      this.request.body.on('data', this.#count);
      this.request.body.pipe(this.body);
    }
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.request.transfer.offCancel(this.#cancel);
    this.request.body?.off('data', this.#count);
    this.request.body?.unpipe(this.body);
    this.onEnd();
  }
}

/** As `node:http` names the parts. */
interface Peer extends HostAndPort {
  readonly protocol: string;
  readonly hostname: string;
}

function peerOf(origin: string): Peer {
  const url = new URL(origin);
  const { host, port } = hostAndPort(url);
  return { protocol: url.protocol, host, hostname: host, port };
}

/** What http-proxy takes for the client's request: only what is meant to go upstream, on a socket that leads nowhere. */
function outgoingMessage(request: UpstreamRequest): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  message.method = request.method;
  message.url = '/';
  message.headers = wireHeaders(request);
  return message;
}

/** The framing is made anew (security rule C8). */
function wireHeaders(request: UpstreamRequest): IncomingMessage['headers'] {
  const headers: IncomingMessage['headers'] = {};
  for (const [name, value] of Object.entries(request.headers)) {
    headers[name] = value instanceof Sensitive ? value.reveal() : value;
  }
  headers.host = new URL(request.origin).host;
  if (request.contentLength !== undefined) headers['content-length'] = String(request.contentLength);
  else if (request.body !== undefined) headers['transfer-encoding'] = 'chunked';
  return headers;
}

function limitConnecting(upstream: ClientRequest, target: Peer): void {
  const { socket } = upstream;
  if (socket === null || !socket.connecting) return;
  const timer = setTimeout(() => {
    upstream.destroy(new UpstreamConnectError('ConnectTimeout', `No connection to ${formatHostAndPort(target)} within ${CONNECT_TIMEOUT_MS / 1_000} s; check the address, and firewalls and network policies on the way.`));
  }, CONNECT_TIMEOUT_MS);
  const stop = (): void => clearTimeout(timer);
  socket.once(target.protocol === 'https:' ? 'secureConnect' : 'connect', stop);
  upstream.once('close', stop);
}

function toUpstreamError(error: unknown, request: UpstreamRequest, target: Peer): Error {
  if (request.transfer.cancelled) return request.transfer.cancelled;
  const classified = classifyConnectError(error, target);
  return classified ?? new UpstreamConnectError('ResponseInvalid', `${target.host} gave no valid HTTP answer`, { cause: error });
}
