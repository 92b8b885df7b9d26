import { performance } from 'node:perf_hooks';

/** A timer that was set and may still be cancelled. */
export interface Timer {
  cancel(): void;
}

/** Where the date comes from. Handed in so that tests decide what time it is. */
export interface WallClock {
  /** Milliseconds since the epoch; for comparison with dates that others wrote, such as a token's `exp`. */
  now(): number;
}

/**
 * The time, as everything of ours sees it. Two readings, because they answer different questions: the wall clock may jump, and
 * only the monotonic one may measure how long ago something was.
 */
export interface Clock extends WallClock {
  /** Milliseconds that never run backwards; the origin means nothing. For ages and deadlines. */
  monotonic(): number;
  /** Calls back once after `ms` milliseconds, unless cancelled. Any length will do. */
  setTimeout(callback: () => void, ms: number): Timer;
}

/** Longest time of a timer of Node.js; a longer one would end after 1 ms. */
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

/** Resolves after `ms` milliseconds, or at once when the signal aborts. Never rejects: the caller looks at its signal. */
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
