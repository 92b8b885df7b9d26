import { pinnedConnect, type PinnedConnect, type PinnedConnectOptions } from '@oci-connector/egress';
import { type ReadBuffers } from '../transfer/read-buffers';
import { HandedOver } from './handed-over';
import { readPlainHead } from './plain-head';
import { type UpstreamArrivals, connectionReset, RelayConnection } from './relay-connection';
import { RelayedResponse } from './relayed-response';
import { requestHead } from './request-head';
import { SentBody } from './sent-body';
import { upstreamError } from './upstream-error';
import { type UpstreamRequest, type UpstreamResponse, type UpstreamTransport } from './upstream-transport';

/** How many idle connections to an origin are kept as long as its server allows. A crowd of clients leaves many more behind. */
const MAX_IDLE = 64;

/** How long further ones are kept for the next request of the crowd, in milliseconds. */
const SURPLUS_IDLE_MS = 2_000;

export interface RelayTransportOptions extends PinnedConnectOptions {
  readonly buffers: ReadBuffers;
  /** For all requests whose body is not relayed, except GET. */
  readonly others: UpstreamTransport;
  /** Called for each response to GET. @param isPlain whether {@link readPlainHead} could read its head */
  readonly answered?: (isPlain: boolean) => void;
}

/**
 * {@link UpstreamTransport} for GET and for requests whose body is relayed, on raw connections. The bodies of these requests and of plain
 * responses pass through buffers that are used again, which is several times cheaper than a new one for each piece. `node:http` reads all
 * other responses.
 */
export class RelayTransport implements UpstreamTransport {
  readonly #connect: PinnedConnect;
  /** By origin; the one that was used last is used next. */
  readonly #idle = new Map<string, RelayConnection[]>();
  #running = 0;
  #drained?: () => void;

  /** Connects only where the egress policy allows. */
  constructor(private readonly options: RelayTransportOptions) {
    this.#connect = pinnedConnect(options);
  }

  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    const head = isRelayed(request) ? requestHead(request) : undefined;
    if (head === undefined && request.relayed) {
      throw new TypeError('a header of the request cannot be sent');
    }
    if (head === undefined) {
      return this.options.others.send(request);
    }
    if (request.transfer.cancelled) {
      throw request.transfer.cancelled;
    }
    this.#running += 1;
    const kept = this.#kept(request.origin);
    if (kept) {
      return this.#get(kept, request, head);
    }
    try {
      return this.#get(await this.#open(request), request, head);
    } catch (error) {
      this.#ended();
      throw upstreamError(error, request);
    }
  }

  async close(): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => (this.#drained = resolve));
    }
    for (const origin of this.#idle.keys()) {
      this.#closeIdle(origin);
    }
    await this.options.others.close();
  }

  #kept(origin: string): RelayConnection | undefined {
    const connections = this.#idle.get(origin) ?? [];
    for (let connection = connections.pop(); connection; connection = connections.pop()) {
      if (!connection.isClosed) {
        return connection;
      }
    }
    return undefined;
  }

  async #open({ origin, transfer }: UpstreamRequest): Promise<RelayConnection> {
    const connection = new RelayConnection(origin, this.options.buffers);
    const socket = await this.#connect(origin, { signal: transfer.signal, onread: connection.onread });
    if (transfer.signal.aborted) {
      // Too late for the attempt to end; `attach` then throws.
      socket.destroy();
    }
    connection.attach(socket, () => this.#closed(connection));
    return connection;
  }

  #get(connection: RelayConnection, request: UpstreamRequest, head: string): Promise<UpstreamResponse> {
    const { buffers, answered } = this.options;
    return new Promise((resolve, reject) => {
      const over = (keepMs: number): void => this.#over(connection, keepMs);
      const lost = (): void => this.#closeIdle(connection.origin);
      const awaited = new AwaitedHead({ connection, request, resolve, reject, over, lost, buffers, answered });
      connection.send(head, awaited);
      awaited.sendBody();
    });
  }

  #over(connection: RelayConnection, keepMs: number): void {
    if (keepMs > 0 && !connection.isClosed) {
      const connections = this.#idle.get(connection.origin) ?? [];
      this.#idle.set(connection.origin, connections);
      connection.rest(connections.length < MAX_IDLE ? keepMs : Math.min(keepMs, SURPLUS_IDLE_MS));
      connections.push(connection);
    } else {
      connection.destroy();
    }
    this.#ended();
  }

  #closeIdle(origin: string): void {
    this.#idle
      .get(origin)
      ?.splice(0)
      .forEach((connection) => connection.destroy());
  }

  #closed(connection: RelayConnection): void {
    const connections = this.#idle.get(connection.origin) ?? [];
    const index = connections.indexOf(connection);
    if (index >= 0) {
      connections.splice(index, 1);
    }
    if (connections.length === 0) {
      this.#idle.delete(connection.origin);
    }
  }

  #ended(): void {
    this.#running -= 1;
    if (this.#running === 0) {
      this.#drained?.();
    }
  }
}

interface Awaiting {
  readonly connection: RelayConnection;
  readonly request: UpstreamRequest;
  readonly resolve: (response: UpstreamResponse) => void;
  readonly reject: (error: Error) => void;
  readonly over: (keepMs: number) => void;
  /** Called when the connection was lost: the idle ones to the same server are as stale, and the retry must not use them. */
  readonly lost: () => void;
  readonly buffers: ReadBuffers;
  readonly answered?: (isPlain: boolean) => void;
}

function isRelayed({ method, body, relayed, webSocket }: UpstreamRequest): boolean {
  return relayed !== undefined || (method === 'GET' && !body && !webSocket);
}

/** Sends the body, if there is one, reads the head of the response, and decides who reads the rest. */
class AwaitedHead implements UpstreamArrivals {
  readonly #cancel = (reason: Error): void => this.#failed(upstreamError(reason, this.awaiting.request));
  readonly #sent?: SentBody;
  #isAnswered = false;

  constructor(private readonly awaiting: Awaiting) {
    const { request, connection } = awaiting;
    request.transfer.onCancel(this.#cancel);
    this.#sent = request.relayed && new SentBody(request.relayed, connection, request.transfer, (error) => this.#bodyFailed(error));
  }

  /** To be called when the head was sent. */
  sendBody(): void {
    this.#sent?.start();
  }

  target(): undefined {
    return undefined;
  }

  take(piece: Buffer): boolean {
    const { connection, request, resolve, reject, buffers, answered } = this.awaiting;
    const { transfer } = request;
    const head = readPlainHead(piece);
    this.#isAnswered = true;
    transfer.offCancel(this.#cancel);
    if (!request.relayed) {
      answered?.(head !== undefined);
    }
    const over = (keepMs: number): void => this.#over(keepMs);
    const isEarly = (): boolean => this.#sent?.isComplete === false;
    if (!head) {
      const rest = new HandedOver({ request, connection, isEarly, resolve, reject, over });
      connection.handTo(rest);
      return rest.take(piece);
    }
    const response = new RelayedResponse({ head, early: isEarly(), connection, buffers, transfer, over });
    connection.handTo(response);
    resolve(response);
    return response.take(piece.subarray(head.bytes));
  }

  closed(error?: Error): void {
    this.awaiting.lost();
    this.#failed(upstreamError(error ?? connectionReset(), this.awaiting.request));
  }

  /** The response, if it has begun, is about a request that is not complete: it ends with its connection. */
  #bodyFailed(error: Error): void {
    if (this.#isAnswered) {
      this.awaiting.connection.abort(error);
    } else {
      this.#failed(error);
    }
  }

  #failed(error: Error): void {
    const { request, reject } = this.awaiting;
    request.transfer.offCancel(this.#cancel);
    this.#over(0);
    reject(error);
  }

  #over(keepMs: number): void {
    const isComplete = this.#sent?.isComplete ?? true;
    this.awaiting.over(isComplete ? keepMs : 0);
    this.#sent?.stop(connectionReset());
  }
}
