import { type LoggedRequest, matchesRequest, type RequestFilter } from './request-log';

/** A failure that is sent instead of the real response. */
export interface InjectedFailure {
  /** HTTP status. */
  readonly status: number;
  /** `reason` of the Status body. */
  readonly reason?: string;
  readonly message?: string;
  /** Seconds for the Retry-After header. */
  readonly retryAfter?: number;
  /** The requests that fail; all by default. */
  readonly match?: RequestFilter;
}

/** Operations of the server that the faults use. */
export interface FaultTarget {
  stopListening(): Promise<void>;
  startListening(): Promise<void>;
  dropWatches(): void;
  expireHistory(): void;
  sendBookmarks(): void;
}

/** The effect on a request: none, no response until resumed, or a failure. */
export type Interference = 'none' | 'hang' | InjectedFailure;

/** Faults that a test can cause. */
export class FaultHooks {
  #failures: { readonly failure: InjectedFailure; left: number }[] = [];
  #paused?: RequestFilter;
  #release: (() => void)[] = [];

  constructor(private readonly target: FaultTarget) {}

  /** Accepts connections and requests, but answers no matching request until {@link resume}. */
  pause(match: RequestFilter = {}): void {
    this.#paused = match;
  }

  /** Ends the pause, and answers the requests that were held. */
  resume(): void {
    this.#paused = undefined;
    for (const go of this.#release.splice(0)) {
      go();
    }
  }

  /** Closes the port and all connections. The state is kept. */
  refuseConnections(): Promise<void> {
    return this.target.stopListening();
  }

  /** Opens the same port again. */
  acceptConnections(): Promise<void> {
    return this.target.startListening();
  }

  /** Breaks the connections of all running watches, without an end of the stream. */
  dropWatches(): void {
    this.target.dropWatches();
  }

  /** Expires all earlier changes: a watch from an earlier resource version, and every continue token, is answered 410. */
  expireHistory(): void {
    this.target.expireHistory();
  }

  /** Sends a bookmark now to every watch that allows bookmarks. */
  sendBookmarks(): void {
    this.target.sendBookmarks();
  }

  /** Answers the next `count` matching requests with a failure. With `Infinity`, the failures last until {@link clear}. */
  failNext(count: number, failure: InjectedFailure): void {
    this.#failures.push({ failure, left: count });
  }

  /** Ends all failures and pauses. */
  clear(): void {
    this.#failures = [];
    this.resume();
  }

  /** Called by the server: returns the effect on this request. */
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

  /** Called by the server: resolves when held requests may continue. */
  untilResumed(): Promise<void> {
    return new Promise((resolve) => {
      this.#release.push(resolve);
    });
  }
}
