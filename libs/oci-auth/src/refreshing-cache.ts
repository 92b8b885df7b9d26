import { type WallClock } from '@oci-connector/clock';
import { SharedCache } from '@oci-connector/limits';

/** A value that expires. */
export interface Expiring {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface Entry<V> {
  readonly value: V;
  /** The lifetime that was left when the value was stored. */
  readonly lifetimeMs: number;
  /** From this time on, the next use fetches a new value in the background. */
  refreshAt: number;
}

/** A failure that is repeated to callers instead of fetching again. */
interface Failure {
  readonly error: unknown;
  readonly since: number;
  readonly until: number;
}

/** No value that expires within this time is returned: it would expire on its way. */
const EXPIRY_MARGIN_MS = 5_000;
/** The share of the lifetime after which a new value is fetched, and its spread, so that replicas and keys do not fetch at the same time. */
const REFRESH_SHARE = 0.8;
const REFRESH_JITTER = 0.1;
/** Pause after a failed background refresh while the old value is still good. */
const REFRESH_PAUSE_MS = 5_000;

/** The memory that a failure takes in addition to its message: the error with its stack and its causes. In bytes. */
const FAILURE_BYTES = 4 * 1024;

export interface RefreshingCacheOptions<V> {
  clock: WallClock;
  /** Returns a number from 0 up to, not including, 1. */
  random: () => number;
  /** The most entries. {@link SharedCache} decides which entry is removed first. */
  maxEntries: number;
  /** The limit for all values together, and the same again for all failures. */
  maxBytes: number;
  /** Returns the memory that a value takes, in bytes. */
  bytesOf: (value: V) => number;
  /** Returns the owner of a key. Owners share the cache. */
  ownerOf: (key: string) => string;
  /** Returns how long an error is kept and repeated to every caller, in milliseconds; 0 when it is not kept. */
  failureTtlMs: (error: unknown) => number;
  /** Returns the error to repeat `elapsedMs` after it occurred. */
  repeatedAfter: (error: unknown, elapsedMs: number) => unknown;
}

/** Options of `peek` and `get`. */
export interface GetOptions {
  /** The value should be valid for at least this long. A value whose whole lifetime is shorter is fetched again as late as possible. */
  minimumLifetimeMs?: number;
  /** Ends the wait of this caller, not the fetch that other callers share. */
  signal?: AbortSignal;
}

/**
 * A bounded cache of values that expire. Concurrent callers share one fetch, a value is renewed in the background before it expires,
 * and a failed renewal leaves the valid value in place. `fetch` of lru-cache is not enough: it keeps no failures, has no shares for
 * owners, and returns the same lifetime to every caller.
 */
export class RefreshingCache<V extends Expiring> {
  readonly #entries: SharedCache<Entry<V>>;
  readonly #failures: SharedCache<Failure>;
  readonly #inFlight = new Map<string, Promise<V>>();

  constructor(private readonly options: RefreshingCacheOptions<V>) {
    this.#entries = new SharedCache(options);
    this.#failures = new SharedCache(options);
  }

  /** Returns the cached value when it is valid for long enough. Never waits for a fetch, but starts a due renewal with `load`. */
  peek(key: string, load: () => Promise<V>, options: GetOptions = {}): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      return undefined;
    }
    const now = this.options.clock.now();
    if (!isGoodEnough(entry, now, options.minimumLifetimeMs ?? 0)) {
      return undefined;
    }
    if (now >= entry.refreshAt && !this.#inFlight.has(key)) {
      entry.refreshAt = now + REFRESH_PAUSE_MS;
      // No caller waits for a renewal. After the old value has expired, the next caller fetches again and gets the failure.
      this.#fetch(key, load).catch(() => undefined);
    }
    return entry.value;
  }

  /** Returns the cached value, or the result of `load`, which runs once for all concurrent callers. */
  async get(key: string, load: () => Promise<V>, options: GetOptions = {}): Promise<V> {
    const cached = this.peek(key, load, options);
    if (cached !== undefined) {
      return cached;
    }
    try {
      this.throwIfFailed(key);
      return await waitFor(this.#inFlight.get(key) ?? this.#fetch(key, load), options.signal);
    } catch (error) {
      options.signal?.throwIfAborted();
      // A value with a shorter lifetime than requested is still better than none.
      const entry = this.#entries.peek(key);
      if (entry === undefined || !isGoodEnough(entry, this.options.clock.now(), 0)) {
        throw error;
      }
      return entry.value;
    }
  }

  /** Replaces the cached value with the result of `load`; joins a fetch that is in flight. */
  async replace(key: string, load: () => Promise<V>): Promise<V> {
    return await (this.#inFlight.get(key) ?? this.#fetch(key, load));
  }

  /** Stores a value that was not fetched by this cache. */
  set(key: string, value: V): void {
    this.#inFlight.delete(key);
    this.#store(key, value);
  }

  /** Keeps an error as if a fetch had failed with it. */
  fail(key: string, error: unknown): void {
    this.#entries.delete(key);
    this.#storeFailure(key, error);
  }

  /** Deletes the value or failure of a key. The result of a fetch in flight goes to its callers but is not stored. */
  delete(key: string): void {
    for (const map of [this.#entries, this.#failures, this.#inFlight]) {
      map.delete(key);
    }
  }

  /** When false, the caller need not make a key for {@link throwIfFailed}. */
  get hasFailures(): boolean {
    return this.#failures.size > 0;
  }

  /** @throws the error that is kept for the key, when there is one */
  throwIfFailed(key: string): void {
    const failure = this.#failures.get(key);
    const now = this.options.clock.now();
    if (failure !== undefined && now < failure.until) {
      throw this.options.repeatedAfter(failure.error, now - failure.since);
    }
  }

  /** Returns the stored value, whether still valid or not. */
  inspect(key: string): V | undefined {
    return this.#entries.peek(key)?.value;
  }

  /** Deletes every key that fits. The result of a fetch in flight goes to its callers but is not stored. */
  forget(fits: (key: string) => boolean): void {
    for (const map of [this.#entries, this.#failures, this.#inFlight]) {
      for (const key of [...map.keys()]) {
        if (fits(key)) {
          map.delete(key);
        }
      }
    }
  }

  #fetch(key: string, load: () => Promise<V>): Promise<V> {
    const fetching: Promise<V> = load().then(
      (value) => {
        if (this.#settle(key, fetching)) {
          this.#store(key, value);
        }
        return value;
      },
      (error: unknown) => {
        if (this.#settle(key, fetching)) {
          this.#storeFailure(key, error);
        }
        throw error;
      },
    );
    this.#inFlight.set(key, fetching);
    return fetching;
  }

  /** Returns false when the key was deleted while the fetch was in flight. */
  #settle(key: string, fetching: Promise<V>): boolean {
    return this.#inFlight.get(key) === fetching && this.#inFlight.delete(key);
  }

  #store(key: string, value: V): void {
    const now = this.options.clock.now();
    const lifetimeMs = value.expiresAt - now;
    const share = REFRESH_SHARE + (this.options.random() - 0.5) * REFRESH_JITTER;
    const entry = { value, lifetimeMs, refreshAt: now + lifetimeMs * share };
    this.#entries.set(key, entry, { owner: this.options.ownerOf(key), bytes: this.options.bytesOf(value) });
    this.#failures.delete(key);
  }

  #storeFailure(key: string, error: unknown): void {
    const ttl = this.options.failureTtlMs(error);
    if (ttl <= 0) {
      return;
    }
    const now = this.options.clock.now();
    const bytes = FAILURE_BYTES + (error instanceof Error ? error.message.length : 0);
    this.#failures.set(key, { error, since: now, until: now + ttl }, { owner: this.options.ownerOf(key), bytes });
  }
}

/**
 * A caller may ask for a longer lifetime than the server ever gives. Then a value in the first fifth of its lifetime is good enough;
 * otherwise every call would fetch.
 */
function isGoodEnough(entry: Entry<Expiring>, now: number, minimumLifetimeMs: number): boolean {
  const left = entry.value.expiresAt - now;
  return left > EXPIRY_MARGIN_MS && left >= Math.min(minimumLifetimeMs, entry.lifetimeMs * REFRESH_SHARE);
}

/** Waits for a promise that other callers share, and stops waiting when the signal aborts. */
async function waitFor<V>(shared: Promise<V>, signal: AbortSignal | undefined): Promise<V> {
  if (signal === undefined) {
    return await shared;
  }
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    // An abort reason is the caller's own value and is passed on as it is, as throwIfAborted does.
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([shared, aborted]);
  } finally {
    if (stop) {
      signal.removeEventListener('abort', stop);
    }
  }
}
