import { type IncomingMessage } from 'node:http';

/** The server of the fixture that received the request. */
export type FixtureServer = 'registry' | 'token' | 'cdn';

/** A request as it arrived, including credentials. Tests use it to prove what was not sent. */
export interface RecordedRequest {
  readonly server: FixtureServer;
  readonly method: string;
  /** The raw path, before the `?`. */
  readonly path: string;
  /** The raw query, without the `?`; empty if there is none. */
  readonly query: string;
  /** Headers with names in lower case, as Node returns them. */
  readonly headers: IncomingMessage['headers'];
  /** Names and values alternately, as they were received. */
  readonly rawHeaders: readonly string[];
  /** Number of body bytes that have arrived so far. */
  bodyBytes: number;
  /** The status that was sent, if any. */
  status?: number;
  /** The connection ended before the request or its response was complete. */
  aborted: boolean;
  /** The request is finished, and its record does not change any more. */
  finished: boolean;
}

/** Number of newest requests that are kept, so that the memory of a long-running sandbox does not grow. No test sends as many. */
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

  /** Makes all waiters check their condition again. */
  changed(): void {
    for (const waiter of this.#waiters) {
      const found = waiter.wanted();
      if (found) {
        this.#waiters.delete(waiter);
        waiter.resolve(found);
      }
    }
  }

  /**
   * Returns the first request, including earlier ones, that fulfils the condition.
   *
   * @throws Error when there is none within `timeoutMs`
   */
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
        reject(new Error(`no such request within ${timeoutMs} ms; received: ${seen || 'none'}`));
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
  }
}
