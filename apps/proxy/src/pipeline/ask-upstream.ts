import { type IncomingMessage } from 'node:http';
import { UpstreamConnectError } from '@oci-connector/egress';
import { isRedirect, parseRetryAfter } from '@oci-connector/http';
import { type Sensitive } from '@oci-connector/sensitive';
import { followRedirects } from '../upstream/follow-redirects';
import { discardBody } from '../upstream/read-body';
import { forwardedHeaders, viaHeader } from '../upstream/request-headers';
import { type UpstreamTarget } from '../upstream/upstream-target';
import { type UpstreamResponse } from '../upstream/upstream-transport';
import { ProxyError } from '../proxy.errors';
import { type Outcome, refuseRedirect, TOO_MANY_REQUESTS } from './outcome';
import { type Forwardable } from './proxy-exchange';

/** A throttled read is repeated here when that is soon possible: containerd would repeat it at once, five times. */
const MAX_ABSORBED_WAIT_MS = 2_000;

/** Methods without a content of their own (RFC 9110 §9.3.1, §9.3.2). */
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Methods whose repetition changes nothing more; a proxy must not repeat others by itself (RFC 9110 §9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export interface AskUpstreamOptions {
  /** Our own name in Via. */
  readonly via: string;
  readonly now: () => number;
  /** Resolves after the time; rejects when the signal aborts. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** Makes the upstream request of a plan, and repeats what may be repeated without asking anybody. */
export class AskUpstream {
  constructor(private readonly options: AskUpstreamOptions) {}

  /** The response after redirects, short waits and one lost connection. Never repeats a request with a body, nor one that is not idempotent. */
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

  /** A kept connection may be closed by the upstream at the moment of its use. Whether it has acted on the request nobody knows. */
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
    const { request, transfer } = client;
    // A body that flows but brings nothing is the client's affair; one that is held back waits for the upstream.
    transfer.blame(() => !request.readableEnded && request.readableFlowing === true);
    const body = bodyOf(exchange);
    const webSocket = plan.webSocket && client.webSocket;
    const transport = webSocket ? access.upstream.webSockets(hop.purpose) : access.upstream.transport(hop.purpose);
    const response = transport.send({
      method: plan.method,
      origin: hop.origin,
      path: hop.path,
      headers: this.#headers(exchange, hop),
      body,
      contentLength: body && lengthOf(body),
      webSocket,
      transfer,
    });
    return hop.purpose === 'connector' ? response : response.catch(refuseRedirect);
  }

  /** The client's, as far as allowed, then ours: nothing that a client sends can take ours away (rule C7). */
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

/** The body that goes upstream, if there is one. */
function bodyOf({ client, plan }: Forwardable): IncomingMessage | undefined {
  const { request } = client;
  if (plan.replayable || READING.has(plan.method)) {
    return undefined;
  }
  if (request.destroyed || request.readableDidRead) {
    throw new ProxyError('Internal', 'the body was already read');
  }
  return request;
}

/** Undefined: chunked. */
function lengthOf({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}
