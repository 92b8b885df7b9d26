import { type IncomingMessage } from 'node:http';
import { UpstreamConnectError } from '@oci-connector/egress';
import { contentLength, isRedirect, parseRetryAfter } from '@oci-connector/http';
import { type Sensitive } from '@oci-connector/sensitive';
import { type RequestBody } from '../transfer/request-body';
import { followRedirects } from '../upstream/follow-redirects';
import { discardBody } from '../upstream/read-body';
import { forwardedHeaders } from '../upstream/request-headers';
import { type UpstreamTarget } from '../upstream/upstream-target';
import { type UpstreamResponse } from '../upstream/upstream-transport';
import { viaHeader } from '../upstream/via';
import { ProxyError } from '../proxy.errors';
import { type Outcome, refuseRedirect, TOO_MANY_REQUESTS } from './outcome';
import { type Forwardable } from './proxy-exchange';

/**
 * The longest Retry-After, in milliseconds, for which the proxy waits and retries a throttled read itself. containerd would retry
 * immediately, five times.
 */
const MAX_ABSORBED_WAIT_MS = 2_000;

/** Methods whose requests have no content (RFC 9110 §9.3.1, §9.3.2). */
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Idempotent methods. A proxy must not automatically retry any other method (RFC 9110 §9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export interface AskUpstreamOptions {
  /** The proxy's own name in Via. */
  readonly via: string;
  readonly now: () => number;
  /** Resolves after the given time; rejects when the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** Sends the upstream request of a plan. Retries it where that needs no other authorisation and no decision of the client. */
export class AskUpstream {
  constructor(private readonly options: AskUpstreamOptions) {}

  /**
   * Returns the response, after redirects, one short wait and one lost connection. Never retries a request that has a body or is not
   * idempotent.
   */
  async ask(exchange: Forwardable): Promise<Outcome> {
    const { plan, resolution } = exchange;
    let hop: UpstreamTarget = plan.target;
    let response: UpstreamResponse;
    try {
      response = await this.#send(exchange, hop);
    } catch (error) {
      response = await this.#sendAgain(exchange, hop, error);
    }
    if (response.status === TOO_MANY_REQUESTS) {
      response = await this.#absorbThrottling(exchange, hop, response);
    }
    if (plan.followRedirects && isRedirect(response.status)) {
      ({ response, hop } = await followRedirects(response, hop, resolution.address, (next) => this.#send(exchange, next)));
    }
    exchange.client.record.upstreamStatus = response.status;
    return { exchange, response, hop };
  }

  /**
   * Retries after a lost connection: the upstream may close a persistent connection at the moment when the proxy uses it. The proxy cannot
   * know whether the upstream has processed the request.
   */
  async #sendAgain(exchange: Forwardable, hop: UpstreamTarget, error: unknown): Promise<UpstreamResponse> {
    const isRepeatable = exchange.plan.replayable && IDEMPOTENT.has(exchange.plan.method);
    if (isRepeatable && error instanceof UpstreamConnectError && error.code === 'ConnectionReset') {
      return this.#send(exchange, hop);
    }
    throw error;
  }

  async #absorbThrottling(exchange: Forwardable, hop: UpstreamTarget, response: UpstreamResponse): Promise<UpstreamResponse> {
    const { plan, client } = exchange;
    if (!READING.has(plan.method) || !plan.replayable) {
      return response;
    }
    const wait = parseRetryAfter(response.headers['retry-after'], this.options.now());
    if (wait === undefined || wait > MAX_ABSORBED_WAIT_MS) {
      return response;
    }
    discardBody(response);
    await this.options.delay(wait, client.transfer.signal);
    return this.#send(exchange, hop);
  }

  #send(exchange: Forwardable, hop: UpstreamTarget): Promise<UpstreamResponse> {
    const { client, plan, access } = exchange;
    const { transfer, incoming } = client;
    const relayed = client.body;
    if (relayed) {
      transfer.blame(() => relayed.isAwaited);
    } else {
      transfer.blameSenderOf(incoming);
    }
    const body = bodyOf(exchange);
    const content = body && ('headers' in body ? { body, contentLength: contentLength(body.headers) } : { relayed: body });
    const webSocket = plan.webSocket && client.connection;
    const transport = webSocket ? access.upstream.webSockets(hop.purpose) : access.upstream.transport(hop.purpose);
    const response = transport.send({
      method: plan.method,
      origin: hop.origin,
      path: hop.path,
      headers: this.#headers(exchange, hop),
      ...content,
      webSocket,
      transfer,
    });
    return hop.purpose === 'connector' ? response : response.catch(refuseRedirect);
  }

  /** Returns the allowed headers of the client, then the proxy's own headers, so that a client cannot remove them (rule C7). */
  #headers({ client, plan, authorization, resolution }: Forwardable, hop: UpstreamTarget): Record<string, string | string[] | Sensitive> {
    const headers: Record<string, string | string[] | Sensitive> = forwardedHeaders(
      client.request.headers,
      resolution.protocol.forwardedHeaders,
    );
    for (const name in plan.requestHeaders) {
      const value = plan.requestHeaders[name];
      if (value === undefined) {
        delete headers[name];
      } else {
        headers[name] = value;
      }
    }
    headers['via'] = viaHeader(client.request.headers.via, this.options.via);
    if (hop.sendCredential && authorization.header) {
      headers['authorization'] = authorization.header;
    }
    return headers;
  }
}

/** Returns the request body to forward, if there is one. */
function bodyOf({ client, plan }: Forwardable): IncomingMessage | RequestBody | undefined {
  const { incoming, body } = client;
  if (plan.replayable || READING.has(plan.method)) {
    return undefined;
  }
  if (body ? body.hasConsumer : incoming?.destroyed || incoming?.readableDidRead) {
    throw new ProxyError('Internal', 'the request body was already read');
  }
  return body ?? incoming;
}
