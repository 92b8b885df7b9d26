import { performance } from 'node:perf_hooks';

/** A timer that can be cancelled. */
export interface Timer {
  cancel(): void;
}

/** The source of the date. It is injected, so that tests can set the time. */
export interface WallClock {
  /** Returns milliseconds since the epoch. For comparison with dates from outside, such as a token's `exp`. */
  now(): number;
}

/**
 * The source of time for all programs. It has two clocks: the wall clock may jump, so only the monotonic clock measures how much
 * time has passed.
 */
export interface Clock extends WallClock {
  /** Returns milliseconds since an arbitrary origin, which never decrease. For ages and deadlines. */
  monotonic(): number;
  /** Calls the callback once after `ms` milliseconds, unless the timer is cancelled. `ms` has no upper limit. */
  setTimeout(callback: () => void, ms: number): Timer;
}

/** Longest time of a timer of Node.js, in milliseconds. A longer timer would end after 1 ms. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, ms) => {
    let handle = wait(ms);
    function wait(left: number): NodeJS.Timeout {
      if (left <= MAX_TIMER_MS) {
        return setTimeout(callback, left);
      }
      return setTimeout(() => (handle = wait(left - MAX_TIMER_MS)), MAX_TIMER_MS);
    }
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `ms` milliseconds, or immediately when the signal aborts. Never rejects: the caller checks the signal. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
