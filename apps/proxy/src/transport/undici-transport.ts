import { classifyConnectError, hostAndPort, UpstreamConnectError } from '@oci-connector/egress';
import { Sensitive } from '@oci-connector/sensitive';
import { type Dispatcher } from 'undici';
import { UndiciResponse } from './undici-response';
import { type UpstreamResponse, type UpstreamRequest, type UpstreamTransport } from './upstream-transport';

/** {@link UpstreamTransport} over an undici dispatcher, whose `dispatch` is the cheapest way to make a request in Node. */
export class UndiciTransport implements UpstreamTransport {
  /** @param dispatcher connects only where the egress policy allows; is closed with this transport */
  constructor(private readonly dispatcher: Dispatcher) {}

  send(request: UpstreamRequest): Promise<UpstreamResponse> {
    return new Promise((resolve, reject) => {
      const handler = new DispatchHandler(request, resolve, reject);
      try {
        this.dispatcher.dispatch(
          {
            origin: request.origin,
            path: request.path,
            method: request.method,
            headers: wireHeaders(request),
            body: request.body ?? null,
          },
          handler,
        );
      } catch (error) {
        // undici throws what it refuses to send, such as a header value with a line break.
        reject(toUpstreamError(error, request));
      }
    });
  }

  close(): Promise<void> {
    return this.dispatcher.close();
  }
}

/** undici makes Host, Connection, and Transfer-Encoding itself, and checks Content-Length against the body. */
function wireHeaders(request: UpstreamRequest): string[] {
  const headers: (string | string[])[] = [];
  for (const name in request.headers) {
    const value = request.headers[name] ?? '';
    headers.push(name, value instanceof Sensitive ? value.reveal() : value);
  }
  if (request.contentLength !== undefined) headers.push('content-length', String(request.contentLength));
  // Names and values in turns; that a value may be several is missing in undici's type.
  return headers as string[];
}

function toUpstreamError(error: unknown, request: UpstreamRequest): Error {
  if (request.transfer.cancelled) return request.transfer.cancelled;
  const target = hostAndPort(new URL(request.origin));
  const classified = classifyConnectError(error, target);
  return classified ?? new UpstreamConnectError('ResponseInvalid', `${target.host} gave no valid HTTP answer`, { cause: error });
}

/** RFC 9112 §6.3: these have no body, whatever their headers say. */
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;

/** The events of one request. */
class DispatchHandler implements Dispatcher.DispatchHandler {
  #response?: UndiciResponse;
  #controller?: Dispatcher.DispatchController;
  readonly #cancel = (reason: Error): void => this.#controller?.abort(reason);
  readonly #count = (chunk: Buffer): void => this.request.transfer.received(chunk.length);
  constructor(
    private readonly request: UpstreamRequest,
    private readonly resolve: (response: UpstreamResponse) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.request.body?.on('data', this.#count);
    this.request.transfer.onCancel(this.#cancel);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[]>): void {
    // Informational answers are about this hop only; ours was asked for nothing that they could grant.
    if (status < 200) return;
    const { body, transfer } = this.request;
    transfer.moved();
    this.#response = new UndiciResponse({ controller, status, headers, early: body !== undefined && !body.readableEnded, transfer });
    // undici takes the Content-Length of these for a promise that is then broken; RFC 9110 §8.6 allows it in a 304.
    if (status === NO_CONTENT || status === NOT_MODIFIED) this.#response.end();
    this.resolve(this.#response);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#response?.push(chunk);
  }

  onResponseEnd(): void {
    this.#detach();
    this.#response?.end();
  }

  #detach(): void {
    this.request.transfer.offCancel(this.#cancel);
    this.request.body?.off('data', this.#count);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#detach();
    const mapped = toUpstreamError(error, this.request);
    if (this.#response) this.#response.fail(mapped);
    else this.reject(mapped);
  }
}
