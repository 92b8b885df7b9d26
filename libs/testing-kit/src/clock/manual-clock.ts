import { type Clock, type Timer } from '@oci-connector/clock';

interface Pending {
  readonly dueAt: number;
  readonly ms: number;
  readonly callback: () => void;
}

/** The start of the monotonic clock. The value is arbitrary but not zero, because a cache would treat 0 as "never". */
const ORIGIN = 1_000_000;

/** A clock that advances only when the test advances it. */
export class ManualClock implements Clock {
  #elapsed = 0;
  readonly #pending = new Set<Pending>();

  constructor(private readonly epoch = Date.parse('2030-01-01T00:00:00Z')) {}

  now(): number {
    return this.epoch + this.#elapsed;
  }

  monotonic(): number {
    return ORIGIN + this.#elapsed;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const entry = { dueAt: this.#elapsed + ms, ms, callback };
    this.#pending.add(entry);
    return { cancel: () => this.#pending.delete(entry) };
  }

  /** The delays of the pending timers, in milliseconds, as they were set. */
  get timers(): number[] {
    return [...this.#pending].map(({ ms }) => ms);
  }

  /** Advances by this many milliseconds and fires the due timers in order. */
  advance(ms: number): void {
    const until = this.#elapsed + ms;
    for (;;) {
      const [next] = [...this.#pending].filter(({ dueAt }) => dueAt <= until).sort((one, other) => one.dueAt - other.dueAt);
      if (next === undefined) {
        break;
      }
      this.#pending.delete(next);
      this.#elapsed = Math.max(this.#elapsed, next.dueAt);
      next.callback();
    }
    this.#elapsed = until;
  }
}
