import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Exchange } from './exchange';
import { type Fault, type FaultHandle, type FaultPlan } from './faults';
import { type FixtureTls } from './fixture-registry-options';
import { RegistryError } from './registry-error';
import { type Reply } from './reply';
import { type FixtureServer, type RequestLog } from './request-log';
import { isBodyFault, sendReply } from './send-reply';

export interface HttpServiceOptions {
  readonly server: FixtureServer;
  readonly host: string;
  readonly port: number;
  /** Host name in `origin`; the listen address by default. */
  readonly publicName?: string;
  readonly tls?: FixtureTls;
  readonly log: RequestLog;
  readonly faults: FaultPlan;
  readonly handle: (exchange: Exchange) => Promise<Reply>;
}

/** One listening server of the fixture. It records every request, applies faults, and sends the response of the handler. */
export class HttpService {
  private constructor(
    private readonly server: Server,
    readonly scheme: 'http' | 'https',
    /** `name:port` as in URLs, without the default port of the scheme. */
    readonly host: string,
    readonly port: number,
  ) {}

  static async start(options: HttpServiceOptions): Promise<HttpService> {
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => void serve(options, request, response);
    const server = options.tls ? createTlsServer({ cert: options.tls.cert, key: options.tls.key }, onRequest) : createServer(onRequest);
    // No limit for long uploads: Node's default ends a request after 300 s. Idle connections stay open longer than in any client's pool.
    server.requestTimeout = 0;
    server.keepAliveTimeout = 75_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, options.host, resolve);
    });
    const { port } = server.address() as AddressInfo;
    const name = options.publicName ?? options.host;
    const scheme = options.tls ? 'https' : 'http';
    return new HttpService(server, scheme, new URL(`${scheme}://${name.includes(':') ? `[${name}]` : name}:${port}`).host, port);
  }

  get origin(): string {
    return `${this.scheme}://${this.host}`;
  }

  /** Closes the server and every connection, active or idle. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}

async function serve(options: HttpServiceOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const record = options.log.begin(options.server, request);
  const closed = closeOf(response);
  // If the response was sent early, Node does not notify the request when its connection closes.
  const { socket } = request;
  const onClose = (): void => void request.destroy();
  socket.once('close', onClose);
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  const exchange = new Exchange(request, options.log, record);
  try {
    await answer(options, exchange, response);
    await exchange.drain();
  } catch {
    // The connection was closed, or the response was aborted by a fault; the record contains that.
    response.destroy();
  }
  await closed;
  socket.off('close', onClose);
  record.aborted = !(request.complete && response.writableFinished);
  record.finished = true;
  options.log.changed();
}

async function answer(options: HttpServiceOptions, exchange: Exchange, response: ServerResponse): Promise<void> {
  const fault = options.faults.take(exchange.record);
  if (fault && !(await applyFault(fault, exchange, response))) {
    return;
  }
  const reply = await replyOf(options, exchange);
  exchange.record.status = reply.status;
  const effect = fault?.fault;
  await sendReply(response, reply, isBodyFault(effect) ? effect : undefined);
}

async function replyOf(options: HttpServiceOptions, exchange: Exchange): Promise<Reply> {
  try {
    return await options.handle(exchange);
  } catch (error) {
    if (error instanceof RegistryError) {
      return error.toReply();
    }
    throw error;
  }
}

/** Applies the fault; returns true if the request is then handled normally. */
async function applyFault(handle: FaultHandle, exchange: Exchange, response: ServerResponse): Promise<boolean> {
  const fault = handle.fault;
  if (isBodyFault(fault)) {
    return true;
  }
  await exchange.readAtLeast(bodyBytesToRead(fault));
  switch (fault.kind) {
    case 'respond':
    case 'early-response':
      await respond(exchange, response, fault);
      return false;
    case 'reset':
    case 'reset-upload':
      response.socket?.resetAndDestroy();
      return false;
    case 'stop-reading':
      await closeOf(response);
      return false;
    case 'hold':
      await hold(handle, response, fault.milliseconds);
      return !response.destroyed;
  }
}

/** Returns how many bytes of the request body are read before the fault occurs. */
function bodyBytesToRead(fault: Fault): number {
  if (fault.kind === 'respond') {
    return fault.readBody === false ? 0 : Infinity;
  }
  return 'afterBytes' in fault ? fault.afterBytes : 0;
}

/** Waits for the release, the end of the connection, or the given time. */
async function hold(handle: FaultHandle, response: ServerResponse, milliseconds: number | undefined): Promise<void> {
  const timer = new AbortController();
  const time = milliseconds === undefined ? [] : [sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined)];
  await Promise.race([handle.released, closeOf(response), ...time]);
  timer.abort();
}

async function respond(
  exchange: Exchange,
  response: ServerResponse,
  answer: { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string },
): Promise<void> {
  exchange.record.status = answer.status;
  await sendReply(response, { status: answer.status, headers: answer.headers, body: Buffer.from(answer.body ?? '') });
}

/** Resolves when the response was sent or the connection has ended. */
function closeOf(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => response.once('close', () => resolve()));
}
