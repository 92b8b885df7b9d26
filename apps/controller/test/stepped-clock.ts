import { type Clock, type Timer } from '@oci-connector/clock';

interface Pending {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** A clock that stands still until told to go on. */
export class SteppedClock implements Clock {
  readonly #pending = new Set<Pending>();

  constructor(private time: number) {}

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const entry = { dueAt: this.time + ms, callback };
    this.#pending.add(entry);
    return { cancel: () => this.#pending.delete(entry) };
  }

  /** When each running timer will fire, earliest first. */
  get dueTimes(): number[] {
    return [...this.#pending].map(({ dueAt }) => dueAt).sort((one, other) => one - other);
  }

  /** Goes on by so many milliseconds, and fires what is due. */
  advance(ms: number): void {
    this.time += ms;
    for (const entry of [...this.#pending].filter(({ dueAt }) => dueAt <= this.time)) {
      this.#pending.delete(entry);
      entry.callback();
    }
  }
}
