import { type Socket } from 'node:net';
import { LRUCache } from 'lru-cache';
import { type Agent, type Dispatcher } from 'undici';
import { type ResponseHeaders } from './response-headers';

/** Origins whose behaviour is remembered: the Connector's own, and those that it redirects to. */
const MAX_ORIGINS = 100;

/** How long a server may take to end its side of a connection after the proxy has ended its own side. In milliseconds. */
const MAX_ENDING_MS = 2_000;

/** What an origin sends after the head of its response to HEAD. `asking`: the proxy is waiting for a response to find out. */
type Manner = 'asking' | 'sends nothing' | 'sends a body';

/** The head of a response to HEAD; undefined when there was no response. */
export type HeadAnswer = { readonly status: number; readonly headers: ResponseHeaders } | undefined;

export interface HeadConnectionsOptions {
  /** Connections for all methods. */
  readonly agent: Agent;
  /** Creates an agent that makes one request on a connection of its own. */
  readonly createWitness: (onConnected: (socket: Socket) => void) => Agent;
}

/**
 * Decides whether a connection is used again after HEAD. If a server sends a body after HEAD, against RFC 9110 §9.3.2, the proxy would
 * take that body for the response to the next request. So the first HEAD to an origin has a connection of its own, and the proxy ends
 * its side of that connection after the response's head. If the server then ends its side without another byte, it sends no bodies, and
 * the proxy keeps connections to this origin after HEAD. If the origin ever sends unrequested bytes, the proxy stops keeping them (ADR 20).
 */
export class HeadConnections {
  readonly #manners = new LRUCache<string, Manner>({ max: MAX_ORIGINS });
  readonly #witnesses = new Set<Agent>();

  constructor(private readonly options: HeadConnectionsOptions) {
    this.#watch(options.agent);
  }

  /** @param handle creates the request's handler, which has to call `onAnswer` once, at the end of the request */
  dispatch(
    request: Dispatcher.DispatchOptions & { readonly origin: string },
    handle: (onAnswer: (answer: HeadAnswer) => void) => Dispatcher.DispatchHandler,
  ): void {
    const manner = this.#manners.get(request.origin);
    if (manner === undefined) {
      return this.#dispatchWatched(request, handle);
    }
    const { origin, path, method, headers, body } = request;
    this.options.agent.dispatch(
      { origin, path, method, headers, body, reset: manner !== 'sends nothing' },
      handle(() => undefined),
    );
  }

  /** Waits until running requests have ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#witnesses].map((witness) => witness.close()));
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#witnesses].map((witness) => witness.destroy()));
  }

  #dispatchWatched(
    request: Dispatcher.DispatchOptions & { readonly origin: string },
    handle: (onAnswer: (answer: HeadAnswer) => void) => Dispatcher.DispatchHandler,
  ): void {
    const { origin } = request;
    let connection: Socket | undefined;
    let announced = false;
    let ended = false;
    const witness = this.options.createWitness((socket) => {
      connection = socket;
      // Not emitted after unrequested bytes: undici then destroys the connection.
      socket.once('end', () => (ended = true));
      socket.once('close', settle);
    });
    const settle = (): void => {
      if (this.#manners.get(origin) === 'asking') {
        if (ended && announced) {
          this.#manners.set(origin, 'sends nothing');
        } else {
          this.#manners.delete(origin);
        }
      }
      this.#witnesses.delete(witness);
      void witness.destroy();
    };
    const onAnswer = (answer: HeadAnswer): void => {
      announced = answer !== undefined && announcesBody(answer);
      if (connection === undefined) {
        settle();
      } else if (announced) {
        endOurSide(connection);
      } else {
        connection.destroy();
      }
    };
    this.#manners.set(origin, 'asking');
    this.#witnesses.add(witness);
    this.#watch(witness);
    witness.dispatch({ ...request, reset: false }, handle(onAnswer));
  }

  #watch(agent: Agent): void {
    agent.on('disconnect', (origin, _targets, error) => {
      if (isUnasked(error)) {
        this.#manners.set(origin.origin, 'sends a body');
      }
    });
  }
}

/** Whether the response to GET would have a body (RFC 9112 §6.3). */
function announcesBody({ status, headers }: NonNullable<HeadAnswer>): boolean {
  const isBodiless = status === 204 || status === 304;
  return !isBodiless && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);
}

function endOurSide(connection: Socket): void {
  connection.end();
  const late = setTimeout(() => connection.destroy(), MAX_ENDING_MS).unref();
  connection.once('close', () => clearTimeout(late));
}

/** Whether the server sent bytes that are not a response: before the request was sent, or instead of its response. */
function isUnasked(error: Error): boolean {
  return error.name === 'HTTPParserError' || error.message === 'bad response';
}
