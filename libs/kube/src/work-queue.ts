import { type Clock, systemClock, type Timer } from '@oci-connector/clock';
import { BackOff } from './back-off';

/** Callbacks of a work queue, for metrics. */
export interface WorkQueueHooks {
  /** Called after each change with the number of waiting keys, without delayed ones. */
  onDepth?(depth: number): void;
  /** Called when a key starts to be processed, with the time it waited, in milliseconds. */
  onStart?(waitedMs: number): void;
  /** Called when a key was processed, with the time it took, in milliseconds. */
  onDone?(durationMs: number): void;
}

export interface WorkQueueOptions {
  /** Keys processed at the same time; default 1. */
  readonly concurrency?: number;
  /** First back-off of a key in milliseconds; default 1,000. Each failure in a row doubles it. */
  readonly backOffInitialMs?: number;
  /** Longest back-off in milliseconds; default 300,000. */
  readonly backOffMaxMs?: number;
  readonly hooks?: WorkQueueHooks;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** Processes one key. It handles its own errors, and retries a failure with {@link WorkQueue.addRateLimited}. */
export type WorkHandler = (key: string, signal: AbortSignal) => Promise<void>;

/**
 * A queue of keys to process, with the contract of client-go's workqueue. A key waits at most once, however often it is added. It is never
 * processed twice at the same time. When it is added while it is processed, it is processed once more afterwards.
 */
export class WorkQueue {
  /** The waiting keys in order, with the time when they were added. */
  readonly #ready = new Map<string, number>();
  readonly #active = new Set<string>();
  /** The keys that were added while active, with the time when they were added. */
  readonly #again = new Map<string, number>();
  readonly #delayed = new Map<string, { readonly timer: Timer; readonly dueAt: number }>();
  readonly #backOffs = new Map<string, BackOff>();
  readonly #stopping = new AbortController();
  readonly #idleWaiters: (() => void)[] = [];
  readonly #clock: Clock;
  readonly #hooks: WorkQueueHooks;
  #handler?: WorkHandler;
  #stopped = false;

  constructor(private readonly options: WorkQueueOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#hooks = options.hooks ?? {};
  }

  /** The number of waiting keys, without delayed ones. */
  get depth(): number {
    return this.#ready.size;
  }

  /** Starts processing. Keys may be added before. */
  start(handler: WorkHandler): void {
    if (this.#handler !== undefined) {
      throw new TypeError('The work queue was started already');
    }
    this.#handler = handler;
    this.#pump();
  }

  add(key: string): void {
    if (this.#stopped || this.#ready.has(key) || this.#again.has(key)) {
      return;
    }
    if (this.#active.has(key)) {
      this.#again.set(key, this.#clock.monotonic());
      return;
    }
    this.#ready.set(key, this.#clock.monotonic());
    this.#hooks.onDepth?.(this.#ready.size);
    this.#pump();
  }

  /** Adds a key after a delay in milliseconds. Of several delays of one key, the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const dueAt = this.#clock.monotonic() + ms;
    const pending = this.#delayed.get(key);
    if (this.#stopped || (pending !== undefined && pending.dueAt <= dueAt)) {
      return;
    }
    pending?.timer.cancel();
    const timer = this.#clock.setTimeout(() => {
      this.#delayed.delete(key);
      this.add(key);
    }, ms);
    this.#delayed.set(key, { timer, dueAt });
  }

  /** Adds a key after its back-off, which doubles with each call until {@link forget}. */
  addRateLimited(key: string): void {
    const { backOffInitialMs: initialMs = 1_000, backOffMaxMs: maxMs = 300_000, random } = this.options;
    const backOff = this.#backOffs.get(key) ?? new BackOff({ initialMs, maxMs, random });
    this.#backOffs.set(key, backOff);
    this.addAfter(key, backOff.next());
  }

  /** Resets the back-off of a key: its next failure starts from the shortest one. */
  forget(key: string): void {
    this.#backOffs.delete(key);
  }

  /** Resolves when no key waits or is being processed; delayed keys do not count. */
  async drained(): Promise<void> {
    if (!this.#isIdle) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
  }

  /**
   * Takes no more keys, drops the waiting ones, and resolves when those in work are done. After `graceMs` milliseconds their signal aborts;
   * the method still waits for them.
   */
  async stop({ graceMs = 0 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#stopped = true;
    for (const { timer } of this.#delayed.values()) {
      timer.cancel();
    }
    this.#delayed.clear();
    this.#ready.clear();
    this.#again.clear();
    this.#hooks.onDepth?.(0);
    const abort = (): void => this.#stopping.abort(new Error('the work queue was stopped'));
    const timer = graceMs > 0 ? this.#clock.setTimeout(abort, graceMs) : undefined;
    if (timer === undefined) {
      abort();
    }
    this.#wakeIfIdle();
    await this.drained();
    timer?.cancel();
  }

  get #isIdle(): boolean {
    return this.#active.size === 0 && (this.#ready.size === 0 || this.#stopped);
  }

  #pump(): void {
    const handler = this.#handler;
    while (handler !== undefined && !this.#stopped && this.#active.size < (this.options.concurrency ?? 1)) {
      const [next] = this.#ready;
      if (next === undefined) {
        return;
      }
      const [key, addedAt] = next;
      this.#ready.delete(key);
      this.#active.add(key);
      this.#hooks.onDepth?.(this.#ready.size);
      this.#hooks.onStart?.(this.#clock.monotonic() - addedAt);
      void this.#process(key, handler);
    }
  }

  async #process(key: string, handler: WorkHandler): Promise<void> {
    const startedAt = this.#clock.monotonic();
    try {
      await handler(key, this.#stopping.signal);
    } catch {
      // A handler that violates its contract must not block a worker. A retry is better than a lost key.
      this.addRateLimited(key);
    }
    this.#active.delete(key);
    this.#hooks.onDone?.(this.#clock.monotonic() - startedAt);
    const addedAt = this.#again.get(key);
    if (addedAt !== undefined) {
      this.#again.delete(key);
      this.#ready.set(key, addedAt);
      this.#hooks.onDepth?.(this.#ready.size);
    }
    this.#pump();
    this.#wakeIfIdle();
  }

  #wakeIfIdle(): void {
    if (this.#isIdle) {
      this.#idleWaiters.splice(0).forEach((resolve) => resolve());
    }
  }
}
