import { type Clock, systemClock, type Timer } from '@oci-connector/clock';

/** The clock of this machine, which tests can advance and whose timers tests can expire. */
export class JumpingClock implements Clock {
  #ahead = 0;
  readonly #timers = new Set<{ readonly ms: number; readonly end: () => void }>();

  now(): number {
    return systemClock.now() + this.#ahead;
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#ahead;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const cancel = (): void => {
      this.#timers.delete(entry);
      timer.cancel();
    };
    const end = (): void => {
      cancel();
      callback();
    };
    const entry = { ms, end };
    const timer = systemClock.setTimeout(end, ms);
    this.#timers.add(entry);
    return { cancel };
  }

  /** Advances both readings; timers do not change. */
  jump(ms: number): void {
    this.#ahead += ms;
  }

  /** Expires the timers that were set to this many milliseconds. */
  expire(ms: number): void {
    for (const timer of [...this.#timers]) {
      if (timer.ms === ms) {
        timer.end();
      }
    }
  }
}
