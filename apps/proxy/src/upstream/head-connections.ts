import { type Socket } from 'node:net';
import { LRUCache } from 'lru-cache';
import { type Agent, type Dispatcher } from 'undici';
import { type ResponseHeaders } from './response-headers';

/** Origins whose manner is remembered: the Connector's own, and those that it redirects to. */
const MAX_ORIGINS = 100;

/** How long a server may take to end its side of a connection that we have ended. In milliseconds. */
const MAX_ENDING_MS = 2_000;

/** What an origin does after the head of its answer to HEAD. `asking`: an answer is being watched. */
type Manner = 'asking' | 'sends nothing' | 'sends a body';

/** A head without the body that it announces; undefined when there was no answer. */
export type HeadAnswer = { readonly status: number; readonly headers: ResponseHeaders } | undefined;

export interface HeadConnectionsOptions {
  /** Connections for all methods. */
  readonly agent: Agent;
  /** Makes an agent for one request on a connection of its own. */
  readonly createWitness: (onConnected: (socket: Socket) => void) => Agent;
}

/**
 * Decides whether a connection is used again after HEAD. A body that a server sends after HEAD, against RFC 9110 §9.3.2, would be
 * taken for the answer to the next request. So the first HEAD at an origin has a connection of its own, on which we end our side
 * after the head: if the server ends its side without another byte, it sends no bodies, and connections are kept after HEAD.
 * An origin that ever sends something unasked loses them (ADR 20).
 */
export class HeadConnections {
  readonly #manners = new LRUCache<string, Manner>({ max: MAX_ORIGINS });
  readonly #witnesses = new Set<Agent>();

  constructor(private readonly options: HeadConnectionsOptions) {
    this.#watch(options.agent);
  }

  /** @param handle makes the request's handler, which has to call `onAnswer` once, when the request is over */
  dispatch(
    request: Dispatcher.DispatchOptions & { readonly origin: string },
    handle: (onAnswer: (answer: HeadAnswer) => void) => Dispatcher.DispatchHandler,
  ): void {
    const manner = this.#manners.get(request.origin);
    if (manner === undefined) {
      return this.#dispatchWatched(request, handle);
    }
    this.options.agent.dispatch(
      { ...request, reset: manner !== 'sends nothing' },
      handle(() => undefined),
    );
  }

  /** Lets running requests end. */
  async close(): Promise<void> {
    await Promise.all([...this.#witnesses].map((witness) => witness.close()));
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
      // Not emitted when anything came that undici did not ask for: it destroys the connection then.
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

/** RFC 9112 §6.3: whether the answer to GET would have a body. */
function announcesBody({ status, headers }: NonNullable<HeadAnswer>): boolean {
  const isBodiless = status === 204 || status === 304;
  return !isBodiless && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);
}

function endOurSide(connection: Socket): void {
  connection.end();
  const late = setTimeout(() => connection.destroy(), MAX_ENDING_MS).unref();
  connection.once('close', () => clearTimeout(late));
}

/** Something came that is no answer: before a request was sent, or instead of the answer to it. */
function isUnasked(error: Error): boolean {
  return error.name === 'HTTPParserError' || error.message === 'bad response';
}
