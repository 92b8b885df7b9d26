import { type WallClock } from '@oci-connector/clock';
import { SharedCache } from '@oci-connector/limits';

/** A value that ends. */
export interface Expiring {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface Entry<V> {
  readonly value: V;
  /** Lifetime that was left when the value came. */
  readonly lifetimeMs: number;
  /** From here on a new one is fetched in the background, at the first use. */
  refreshAt: number;
}

/** A failure that is told again instead of being met again. */
interface Failure {
  readonly error: unknown;
  readonly since: number;
  readonly until: number;
}

/** Nothing is handed out that ends within this: it would end on the way. */
const EXPIRY_MARGIN_MS = 5_000;
/** The share of the lifetime after which a new value is fetched, and how far it is spread so that replicas and keys do not ask at once. */
const REFRESH_SHARE = 0.8;
const REFRESH_JITTER = 0.1;
/** Pause after a failed background refresh while the old value is still good. */
const REFRESH_PAUSE_MS = 5_000;

/** What a failure keeps in memory besides its message: the error with its stack and its causes. In bytes. */
const FAILURE_BYTES = 4 * 1024;

export interface RefreshingCacheOptions<V> {
  clock: WallClock;
  /** 0 ≤ number < 1. */
  random: () => number;
  /** Entries at most. What leaves first is the affair of {@link SharedCache}. */
  maxEntries: number;
  /** Of all values together, and as much again of all failures. */
  maxBytes: number;
  /** What a value keeps in memory, in bytes. */
  bytesOf: (value: V) => number;
  /** Who shares the cache: the owner of a key. */
  ownerOf: (key: string) => string;
  /** How long an error is kept and told to everyone who asks, in milliseconds; 0: not at all. */
  failureTtlMs: (error: unknown) => number;
  /** The error as it is told again after so many milliseconds. */
  retold: (error: unknown, elapsedMs: number) => unknown;
}

/** What one `get` wants besides the value. */
export interface GetOptions {
  /** The value should live at least this long; one that cannot is fetched anew as late as possible. */
  minimumLifetimeMs?: number;
  /** Ends this caller's wait, not the fetch that others share. */
  signal?: AbortSignal;
}

/**
 * A bounded cache of values that end: concurrent callers share one fetch, a value is renewed in the background before it
 * ends, and a failed renewal leaves the valid one in place. `fetch` of lru-cache does not do: it keeps no failure, has no owners with
 * shares of their own, and gives every caller the same lifetime.
 */
export class RefreshingCache<V extends Expiring> {
  readonly #entries: SharedCache<Entry<V>>;
  readonly #failures: SharedCache<Failure>;
  readonly #inFlight = new Map<string, Promise<V>>();

  constructor(private readonly options: RefreshingCacheOptions<V>) {
    this.#entries = new SharedCache(options);
    this.#failures = new SharedCache(options);
  }

  /** The cached value when it is good enough; never fetches, but begins a due renewal with `load`. */
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
      // Nobody waits for a renewal: its failure is met again, and told, by whoever comes after the end of the old value.
      this.#fetch(key, load).catch(() => undefined);
    }
    return entry.value;
  }

  /** The cached value, or the one that `load` gives; `load` runs once for all who ask meanwhile. */
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
      // What was too short-lived for this caller is still better than nothing.
      const entry = this.#entries.peek(key);
      if (entry === undefined || !isGoodEnough(entry, this.options.clock.now(), 0)) {
        throw error;
      }
      return entry.value;
    }
  }

  /** Puts in place what `load` gives, whatever is cached; joins a fetch that is under way. */
  async replace(key: string, load: () => Promise<V>): Promise<V> {
    return await (this.#inFlight.get(key) ?? this.#fetch(key, load));
  }

  /** Puts a value in place that came by another way. */
  set(key: string, value: V): void {
    this.#inFlight.delete(key);
    this.#store(key, value);
  }

  /** Keeps an error as if a fetch had failed with it. */
  fail(key: string, error: unknown): void {
    this.#entries.delete(key);
    this.#storeFailure(key, error);
  }

  /** Takes out what is known of one key, be it a value or a failure; what is being fetched is handed to those who wait, but not kept. */
  delete(key: string): void {
    for (const map of [this.#entries, this.#failures, this.#inFlight]) {
      map.delete(key);
    }
  }

  /** False saves making a key for {@link throwIfFailed}. */
  get hasFailures(): boolean {
    return this.#failures.size > 0;
  }

  /** Throws the error that is kept for the key, if there is one. */
  throwIfFailed(key: string): void {
    const failure = this.#failures.get(key);
    const now = this.options.clock.now();
    if (failure !== undefined && now < failure.until) {
      throw this.options.retold(failure.error, now - failure.since);
    }
  }

  /** The value as it lies there, good enough or not. */
  inspect(key: string): V | undefined {
    return this.#entries.peek(key)?.value;
  }

  /** Forgets every key that fits; what is being fetched for it is handed to those who wait, but not kept. */
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

  /** False when the key was forgotten while the fetch was under way. */
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
 * A caller may want more lifetime than the server ever gives; then a value in the first fifth of its life must do, or
 * every call would fetch.
 */
function isGoodEnough(entry: Entry<Expiring>, now: number, minimumLifetimeMs: number): boolean {
  const left = entry.value.expiresAt - now;
  return left > EXPIRY_MARGIN_MS && left >= Math.min(minimumLifetimeMs, entry.lifetimeMs * REFRESH_SHARE);
}

/** Waits for a promise that others share, and stops waiting when the signal says so. */
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
