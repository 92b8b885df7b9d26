import { MAX_TIMER_MS, sleep, systemClock } from './clock';

describe('systemClock', () => {
  it('has a wall clock and a monotonic clock', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
    const before = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
  });

  it('calls the callback once, unless the timer is cancelled', async () => {
    const called: string[] = [];
    const cancelled = systemClock.setTimeout(() => called.push('cancelled'), 1);
    cancelled.cancel();
    await new Promise<void>((resolve) => systemClock.setTimeout(() => called.push('one') && resolve(), 2));
    expect(called).toEqual(['one']);
  });
});

describe('a timer that is longer than a timer of Node.js can be', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it.each([MAX_TIMER_MS, MAX_TIMER_MS + 1, 365 * 24 * 3_600_000])('of %i ms ends after that time, not after 1 ms', (ms) => {
    let ended = 0;
    systemClock.setTimeout(() => (ended += 1), ms);
    jest.advanceTimersByTime(ms - 1);
    expect(ended).toBe(0);
    jest.advanceTimersByTime(1);
    expect(ended).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('can be cancelled in each of its parts', () => {
    let ended = 0;
    const timer = systemClock.setTimeout(() => (ended += 1), 3 * MAX_TIMER_MS);
    jest.advanceTimersByTime(MAX_TIMER_MS + 1);
    timer.cancel();
    expect(jest.getTimerCount()).toBe(0);
    expect(ended).toBe(0);
  });
});

describe('sleep', () => {
  it('resolves after its time', async () => {
    await expect(sleep(systemClock, 1, new AbortController().signal)).resolves.toBeUndefined();
  });

  it('resolves when the signal aborts, before or during the sleep', async () => {
    await expect(sleep(systemClock, 1_000_000, AbortSignal.abort())).resolves.toBeUndefined();
    const stop = new AbortController();
    const sleeping = sleep(systemClock, 1_000_000, stop.signal);
    stop.abort();
    await expect(sleeping).resolves.toBeUndefined();
  });
});
