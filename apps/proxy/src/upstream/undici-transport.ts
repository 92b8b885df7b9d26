import { type Socket } from 'node:net';
import { createPinnedAgent, type PinnedAgentOptions } from '@oci-connector/egress';
import { Sensitive } from '@oci-connector/sensitive';
import { type Agent, type Dispatcher } from 'undici';
import { HeadConnections } from './head-connections';
import { ReceivedResponse } from './received-response';
import { invalidAnswer, upstreamError } from './upstream-error';
import { type UpstreamResponse, type UpstreamRequest, type UpstreamTransport } from './upstream-transport';

/** Methods whose request content a server may not expect, and therefore not read (RFC 9110 §9.3.5, §9.3.7). */
const CONTENT_UNEXPECTED: ReadonlySet<string> = new Set(['DELETE', 'OPTIONS']);

/** {@link UpstreamTransport} over an undici agent, whose `dispatch` is the cheapest way to make a request in Node. */
export class UndiciTransport implements UpstreamTransport {
  readonly #agent: Agent;
  readonly #heads: HeadConnections;

  /** Connects only where the egress policy allows. */
  constructor(options: PinnedAgentOptions) {
    this.#agent = createPinnedAgent(options);
    const createWitness = (onConnected: (socket: Socket) => void): Agent => createPinnedAgent({ ...options, connections: 1, onConnected });
    this.#heads = new HeadConnections({ agent: this.#agent, createWitness });
  }

  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    const { transfer } = request;
    if (transfer.cancelled) {
      throw transfer.cancelled;
    }
    return new Promise((resolve, reject) => {
      try {
        this.#dispatch(request, (onEnd) => new DispatchHandler(request, { resolve, reject, onEnd }));
      } catch (error) {
        // undici throws when it refuses to send the request, for example because of a header value with a line break.
        reject(toUpstreamError(error, request));
      }
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#agent.close(), this.#heads.close()]);
  }

  /** Closes all connections immediately, and opens none again: undici would do so after each request that was cancelled. */
  async destroy(): Promise<void> {
    await Promise.all([this.#agent.destroy(), this.#heads.destroy()]);
  }

  #dispatch(request: UpstreamRequest, handle: (onEnd: (response?: ReceivedResponse) => void) => DispatchHandler): void {
    const { origin, path, method, body = null } = request;
    const headers = wireHeaders(request);
    if (method === 'HEAD') {
      return this.#heads.dispatch({ origin, path, method, headers, body }, handle);
    }
    // If it is not certain that the server read the content, it is not certain where the next request would begin (rule C8).
    const reset = body !== null && CONTENT_UNEXPECTED.has(method);
    this.#agent.dispatch(
      { origin, path, method, headers, body, reset },
      handle(() => undefined),
    );
  }
}

/** Returns names and values in turns. undici adds Host, Connection and Transfer-Encoding, and checks Content-Length against the body. */
function wireHeaders(request: UpstreamRequest): string[] {
  const headers: (string | string[])[] = [];
  for (const name in request.headers) {
    const value = request.headers[name] ?? '';
    headers.push(name, value instanceof Sensitive ? value.reveal() : value);
  }
  if (request.contentLength !== undefined) {
    headers.push('content-length', String(request.contentLength));
  }
  // undici accepts several values for a name, but its type does not say so.
  return headers as string[];
}

/** undici's error message for status 101 with an Upgrade header. Without that header undici treats 101 as any informational response. */
const BAD_UPGRADE = 'bad upgrade';

function toUpstreamError(error: unknown, request: UpstreamRequest): Error {
  const isUpgrade = error instanceof Error && error.message === BAD_UPGRADE;
  return upstreamError(
    isUpgrade ? invalidAnswer(request.origin, 'it answered 101 (switching protocols), which the proxy did not request', error) : error,
    request,
  );
}

/** RFC 9110 §15.2.2. */
const SWITCHING_PROTOCOLS = 101;

/** RFC 9112 §6.3: responses with these statuses have no body, even if their headers announce one. */
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;

interface DispatchOutcome {
  readonly resolve: (response: UpstreamResponse) => void;
  readonly reject: (error: unknown) => void;
  /** Called once at the end: with the response when it is complete, without it after a failure. */
  readonly onEnd: (response?: ReceivedResponse) => void;
}

/** Handles the events of one request. */
class DispatchHandler implements Dispatcher.DispatchHandler {
  #response?: ReceivedResponse;
  #controller?: Dispatcher.DispatchController;
  readonly #cancel = (reason: Error): void => {
    if (this.#controller) {
      this.#controller.abort(reason);
    }
    // There is no connection yet, so there is nothing to abort.
    else {
      this.outcome.reject(reason);
    }
  };
  readonly #count = (chunk: Buffer): void => this.request.transfer.received(chunk.length);

  constructor(
    private readonly request: UpstreamRequest,
    private readonly outcome: DispatchOutcome,
  ) {
    request.transfer.onCancel(this.#cancel);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    const { body, transfer } = this.request;
    if (transfer.cancelled) {
      return controller.abort(transfer.cancelled);
    }
    body?.on('data', this.#count);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[]>): void {
    // After this response the connection would switch to a protocol that the proxy did not request.
    if (status === SWITCHING_PROTOCOLS) {
      return controller.abort(new Error(BAD_UPGRADE));
    }
    // Other informational responses are about this hop only, and the proxy requested nothing that they could grant.
    if (status < 200) {
      return;
    }
    const { body, transfer } = this.request;
    transfer.moved();
    this.#response = new ReceivedResponse({ controller, status, headers, early: body !== undefined && !body.readableEnded, transfer });
    // undici would wait for the announced Content-Length and then fail; RFC 9110 §8.6 allows this header in a 304.
    if (status === NO_CONTENT || status === NOT_MODIFIED) {
      this.#response.end();
    }
    this.outcome.resolve(this.#response);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#response?.push(chunk);
  }

  onResponseEnd(): void {
    this.#detach();
    this.#response?.end();
    this.outcome.onEnd(this.#response);
  }

  #detach(): void {
    this.request.transfer.offCancel(this.#cancel);
    this.request.body?.off('data', this.#count);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#detach();
    const mapped = toUpstreamError(error, this.request);
    if (this.#response) {
      this.#response.fail(mapped);
    } else {
      this.outcome.reject(mapped);
    }
    this.outcome.onEnd();
  }
}
