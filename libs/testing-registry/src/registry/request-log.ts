import { type IncomingMessage } from 'node:http';

/** Which of the fixture's servers got the request. */
export type FixtureServer = 'registry' | 'token' | 'cdn';

/** One request as it arrived, credentials included: this is what tests look at to prove what was not sent. */
export interface RecordedRequest {
  readonly server: FixtureServer;
  readonly method: string;
  /** Raw, before the `?`. */
  readonly path: string;
  /** Raw, without the `?`; empty if there is none. */
  readonly query: string;
  /** Names in lower case, as Node gives them. */
  readonly headers: IncomingMessage['headers'];
  /** Names and values in turn, as they came over the wire. */
  readonly rawHeaders: readonly string[];
  /** Body bytes that arrived so far. */
  bodyBytes: number;
  /** The status that was sent; absent while there is none. */
  status?: number;
  /** The connection ended before the request or its answer was complete. */
  aborted: boolean;
  /** Nothing more will happen to this request. */
  finished: boolean;
}

/** The newest requests that are kept, so that a sandbox that runs for weeks does not grow; more than any test sends. */
const KEPT_REQUESTS = 100_000;

interface Waiter {
  readonly wanted: () => RecordedRequest | undefined;
  readonly resolve: (request: RecordedRequest) => void;
}

/** The requests in the order of their arrival. */
export class RequestLog {
  #entries: RecordedRequest[] = [];
  readonly #waiters = new Set<Waiter>();

  get entries(): readonly RecordedRequest[] {
    return this.#entries;
  }

  begin(server: FixtureServer, request: IncomingMessage): RecordedRequest {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const entry: RecordedRequest = {
      server,
      method: request.method ?? 'GET',
      path: mark < 0 ? url : url.slice(0, mark),
      query: mark < 0 ? '' : url.slice(mark + 1),
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      bodyBytes: 0,
      aborted: false,
      finished: false,
    };
    this.#entries.push(entry);
    if (this.#entries.length > KEPT_REQUESTS) {
      this.#entries.shift();
    }
    this.changed();
    return entry;
  }

  clear(): void {
    this.#entries = [];
  }

  /** Tells those who wait to look again. */
  changed(): void {
    for (const waiter of this.#waiters) {
      const found = waiter.wanted();
      if (found) {
        this.#waiters.delete(waiter);
        waiter.resolve(found);
      }
    }
  }

  /** The first request, also an earlier one, for which the condition holds; waits for it up to `timeoutMs`. */
  waitFor(condition: (request: RecordedRequest) => boolean, timeoutMs: number): Promise<RecordedRequest> {
    const wanted = (): RecordedRequest | undefined => this.#entries.find(condition);
    const now = wanted();
    if (now) {
      return Promise.resolve(now);
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        wanted,
        resolve: (request) => {
          clearTimeout(timer);
          resolve(request);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const seen = this.#entries.map((entry) => `${entry.method} ${entry.path}`).join(', ');
        reject(new Error(`no such request within ${timeoutMs} ms; seen: ${seen || 'none'}`));
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
  }
}
