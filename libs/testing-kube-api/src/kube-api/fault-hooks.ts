import { type LoggedRequest, matchesRequest, type RequestFilter } from './request-log';

/** An answer given in place of the real one. */
export interface InjectedFailure {
  /** HTTP status. */
  readonly status: number;
  /** `reason` of the Status body. */
  readonly reason?: string;
  readonly message?: string;
  /** Seconds for the Retry-After header. */
  readonly retryAfter?: number;
  /** Which requests; default: all. */
  readonly match?: RequestFilter;
}

/** What the faults need from the server. */
export interface FaultTarget {
  stopListening(): Promise<void>;
  startListening(): Promise<void>;
  dropWatches(): void;
  expireHistory(): void;
  sendBookmarks(): void;
}

/** What happens to a request: it is answered, or answered with a failure, or never. */
export type Interference = 'none' | 'hang' | InjectedFailure;

/** Faults that a test can cause. */
export class FaultHooks {
  #failures: { readonly failure: InjectedFailure; left: number }[] = [];
  #paused?: RequestFilter;
  #release: (() => void)[] = [];

  constructor(private readonly target: FaultTarget) {}

  /** Accepts connections and requests but answers none that matches, until {@link resume}. */
  pause(match: RequestFilter = {}): void {
    this.#paused = match;
  }

  /** Answers again, also the requests that were held. */
  resume(): void {
    this.#paused = undefined;
    for (const go of this.#release.splice(0)) {
      go();
    }
  }

  /** Closes the port and all connections; the state stays. */
  refuseConnections(): Promise<void> {
    return this.target.stopListening();
  }

  /** Opens the same port again. */
  acceptConnections(): Promise<void> {
    return this.target.startListening();
  }

  /** Breaks the connections of all running watches, in the middle of the stream. */
  dropWatches(): void {
    this.target.dropWatches();
  }

  /** Forgets all changes: every watch from a resource version before now is answered 410, and every continue token. */
  expireHistory(): void {
    this.target.expireHistory();
  }

  /** Sends a bookmark to every watch that allows them, now. */
  sendBookmarks(): void {
    this.target.sendBookmarks();
  }

  /** Answers the next `count` matching requests with a failure. `Infinity` until {@link clear}. */
  failNext(count: number, failure: InjectedFailure): void {
    this.#failures.push({ failure, left: count });
  }

  /** Ends all failures and pauses. */
  clear(): void {
    this.#failures = [];
    this.resume();
  }

  /** For the server: what is to happen to this request. */
  interfere(request: LoggedRequest): Interference {
    if (this.#paused && matchesRequest(request, this.#paused)) {
      return 'hang';
    }
    const index = this.#failures.findIndex(({ failure }) => matchesRequest(request, failure.match ?? {}));
    const found = this.#failures[index];
    if (!found) {
      return 'none';
    }
    found.left -= 1;
    if (found.left <= 0) {
      this.#failures.splice(index, 1);
    }
    return found.failure;
  }

  /** For the server: resolves when held requests may go on. */
  untilResumed(): Promise<void> {
    return new Promise((resolve) => {
      this.#release.push(resolve);
    });
  }
}
