import { type Readable } from 'node:stream';
import { type Clock, type WallClock } from '@oci-connector/clock';
import { endingInOrder, parseJsonObject, parseRetryAfter, readWhole } from '@oci-connector/http';
import { type Sensitive } from '@oci-connector/sensitive';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { KubeApiError, KubeResponseError, type KubeError, type KubeUnreachableError, type StatusBody } from './kube.errors';
import { impersonationHeaders } from './impersonation-headers';
import { type KubeConnection } from './kube-connection';
import { Deadline } from './deadline';
import { classifyTransportError } from './transport-error';

/** One HTTP request to the API server. */
export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path, already encoded. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly accept: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** The time limit for the whole response; for a stream, until its headers have arrived. In milliseconds. */
  readonly timeoutMs: number;
  /** The most bytes of the response body. A longer one is an error. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
  /** Sending the request twice does no harm, so it is sent once more when its connection is lost. */
  readonly idempotent: boolean;
}

/** A response whose body is still arriving. */
export interface KubeStream {
  readonly body: Readable;
  /** Ends the stream. The reader gets the reason as its error. */
  abort(reason: Error): void;
}

export interface TransportOptions {
  readonly clock: Clock;
  /** Milliseconds for TCP and TLS together. */
  readonly connectTimeoutMs: number;
  readonly userAgent: string;
}

/** The limit for the body of an error response. Of a longer body only the HTTP status counts. */
const MAX_STATUS_BYTES = 1024 * 1024;

/** How long idle connections are kept: longer than our polling intervals, shorter than the idle timeouts of load balancers. In milliseconds. */
const KEEP_ALIVE_MS = 30_000;

interface Answer {
  readonly response: Dispatcher.ResponseData;
  readonly deadline: Deadline;
  readonly request: KubeRequest;
}

/**
 * Sends HTTP requests to the API server over one keep-alive agent. It adds our credential, reads the credential again after a 401 and
 * tries once more, replaces a lost connection once, limits time and size, and turns every failure into a {@link KubeError}. It does not
 * follow redirects.
 *
 * It does not limit the number of connections. A watch occupies one for minutes, and requests that a peer can multiply (reviews,
 * reconciles) are limited by their callers. So waiting for a slot is never mistaken for a server that does not respond.
 */
export class KubeTransport {
  readonly #agent: Agent;
  readonly #origin: string;
  readonly #prefix: string;

  constructor(
    private readonly connection: KubeConnection,
    private readonly options: TransportOptions,
  ) {
    const url = new URL(connection.server);
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, '');
    const { tls } = connection;
    this.#agent = new Agent({
      // Our own deadlines replace both, because they count the whole request.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: endingInOrder(
        buildConnector({
          timeout: options.connectTimeoutMs,
          ...(tls.ca !== undefined && { ca: tls.ca }),
          ...(tls.cert !== undefined && { cert: tls.cert }),
          ...(tls.key !== undefined && { key: tls.key.reveal() }),
          ...(tls.serverName !== undefined && { servername: tls.serverName }),
          ...(tls.insecureSkipVerify === true && { rejectUnauthorized: false }),
        }),
      ),
    });
  }

  /** Sends a request and parses the JSON response. */
  async json(request: KubeRequest): Promise<unknown> {
    const answer = await this.#send(request);
    try {
      const text = await textOf(answer, request.maxBytes);
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw bodyError(error, answer);
    } finally {
      answer.deadline.clear();
    }
  }

  /** Sends a request and returns the response body as a stream. */
  async stream(request: KubeRequest): Promise<KubeStream> {
    const { response, deadline } = await this.#send(request);
    deadline.extend();
    // The iterating reader gets the error. Without a listener it would also crash the process.
    response.body.on('error', () => undefined);
    return {
      body: response.body,
      abort: (reason) => {
        deadline.abort(reason);
        deadline.clear();
      },
    };
  }

  /** Closes all connections immediately. Requests in flight fail. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #send(request: KubeRequest): Promise<Answer> {
    const { clock } = this.options;
    request.signal?.throwIfAborted();
    const credential = await this.connection.credential.authorization();
    const first = await this.#attemptWithFreshConnection(request, credential);
    if (first.response.statusCode !== 401 || credential === undefined) {
      return succeeded(first, clock);
    }
    this.connection.credential.rejected(credential);
    const renewed = await this.connection.credential.authorization();
    if (renewed === undefined || renewed.equals(credential)) {
      return succeeded(first, clock);
    }
    await discard(first);
    return succeeded(await this.#attemptWithFreshConnection(request, renewed), clock);
  }

  /** The server may close a kept-alive connection at the moment when we use it. That does not mean that the server is down. */
  async #attemptWithFreshConnection(request: KubeRequest, credential: Sensitive | undefined): Promise<Answer> {
    try {
      return await this.#attempt(request, credential);
    } catch (error) {
      if (!request.idempotent || !isConnectionLost(error)) {
        throw error;
      }
      return this.#attempt(request, credential);
    }
  }

  async #attempt(request: KubeRequest, credential: Sensitive | undefined): Promise<Answer> {
    const deadline = new Deadline(this.options.clock, request.timeoutMs, request.signal);
    try {
      const response = await this.#agent.request({
        origin: this.#origin,
        path: this.#prefix + request.path + queryOf(request),
        method: request.method,
        headers: this.#headers(request, credential),
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal: deadline.signal,
      });
      return { response, deadline, request };
    } catch (error) {
      deadline.clear();
      request.signal?.throwIfAborted();
      throw classifyTransportError(error, describe(request), deadline);
    }
  }

  #headers(request: KubeRequest, credential: Sensitive | undefined): Record<string, string | string[]> {
    const { impersonate } = this.connection;
    return {
      accept: request.accept,
      'user-agent': this.options.userAgent,
      ...(request.body !== undefined && { 'content-type': request.contentType ?? 'application/json' }),
      ...(credential !== undefined && { authorization: credential.reveal() }),
      ...(impersonate && impersonationHeaders(impersonate)),
    };
  }
}

function queryOf(request: KubeRequest): string {
  const query = request.query?.toString() ?? '';
  return query === '' ? '' : `?${query}`;
}

/** Method and path, for error messages; selectors and bodies are left out. */
function describe(request: KubeRequest): string {
  return `${request.method} ${request.path}`;
}

function isConnectionLost(error: unknown): boolean {
  const { code, cause } = error as KubeUnreachableError;
  const { code: causeCode } = (cause ?? {}) as { code?: string };
  return code === 'Unreachable' && causeCode !== undefined && CONNECTION_LOST.has(causeCode);
}

const CONNECTION_LOST: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

async function succeeded(answer: Answer, clock: WallClock): Promise<Answer> {
  const { response, deadline, request } = answer;
  if (response.statusCode >= 200 && response.statusCode < 300) {
    return answer;
  }
  const status = await readStatus(answer).finally(() => deadline.clear());
  throw new KubeApiError(response.statusCode, status, describe(request), retryAfterOf(response, status, clock.now()));
}

/** Reads the Status object of an error response. The HTTP status counts even when the body cannot be read. */
async function readStatus(answer: Answer): Promise<StatusBody> {
  try {
    const status = parseJsonObject(await textOf(answer, MAX_STATUS_BYTES));
    if (status?.['kind'] === 'Status') {
      return status;
    }
  } catch {
    // A body that is too long or incomplete is treated like a body that is not a Status.
  }
  return { message: 'the response is not a Status object' };
}

/** Reads the wait from the header or, without one, from the Status. A wait of 0 is ignored, because the caller's own pause is better. */
function retryAfterOf({ headers }: Dispatcher.ResponseData, { details }: StatusBody, now: number): number | undefined {
  const seconds: unknown = details?.retryAfterSeconds;
  const waits = [headers['retry-after'], typeof seconds === 'number' ? String(seconds) : undefined].map((said) =>
    parseRetryAfter(said, now),
  );
  return waits.find((wait) => wait !== undefined && wait > 0);
}

/** @throws KubeResponseError `ResponseTooLarge` for a body of more than `maxBytes` */
async function textOf({ response, request }: Answer, maxBytes: number): Promise<string> {
  const body = await readWhole(response.body, maxBytes);
  if (!body) {
    throw new KubeResponseError('ResponseTooLarge', `${describe(request)}: the answer has more than ${maxBytes} bytes`);
  }
  return body.toString('utf8');
}

async function discard({ response, deadline }: Answer): Promise<void> {
  await response.body.dump({ limit: MAX_STATUS_BYTES }).catch(() => undefined);
  deadline.clear();
}

/** Returns the error for a failure after the response headers. The server has responded, so this is never "unreachable". */
function bodyError(error: unknown, { request, deadline }: Answer): KubeError {
  request.signal?.throwIfAborted();
  if (error instanceof KubeResponseError) {
    return error;
  }
  if (error instanceof SyntaxError) {
    // Without `cause`: the parser quotes the body, and that may be a Secret.
    return new KubeResponseError('ResponseInvalid', `${describe(request)}: the answer is not JSON`);
  }
  const why = deadline.expired ? `did not end within ${request.timeoutMs} ms` : 'is incomplete';
  return new KubeResponseError('ResponseIncomplete', `${describe(request)}: the answer ${why}`, { cause: error });
}
