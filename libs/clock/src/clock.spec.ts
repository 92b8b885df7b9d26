import { MAX_TIMER_MS, sleep, systemClock } from './clock';

describe('systemClock', () => {
  it('has both times', () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
    const before = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
  });

  it('calls back once, unless cancelled', async () => {
    const called: string[] = [];
    const cancelled = systemClock.setTimeout(() => called.push('cancelled'), 1);
    cancelled.cancel();
    await new Promise<void>((resolve) => systemClock.setTimeout(() => called.push('one') && resolve(), 2));
    expect(called).toEqual(['one']);
  });
});

describe('a timer that is longer than Node.js has them', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it.each([MAX_TIMER_MS, MAX_TIMER_MS + 1, 365 * 24 * 3_600_000])('of %i ms ends then, and not after 1 ms', (ms) => {
    let ended = 0;
    systemClock.setTimeout(() => (ended += 1), ms);
    jest.advanceTimersByTime(ms - 1);
    expect(ended).toBe(0);
    jest.advanceTimersByTime(1);
    expect(ended).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is cancelled in each of its parts', () => {
    let ended = 0;
    const timer = systemClock.setTimeout(() => (ended += 1), 3 * MAX_TIMER_MS);
    jest.advanceTimersByTime(MAX_TIMER_MS + 1);
    timer.cancel();
    expect(jest.getTimerCount()).toBe(0);
    expect(ended).toBe(0);
  });
});

describe('sleep', () => {
  it('ends after its time', async () => {
    await expect(sleep(systemClock, 1, new AbortController().signal)).resolves.toBeUndefined();
  });

  it('ends with the signal, before it began or while it lasts', async () => {
    await expect(sleep(systemClock, 1_000_000, AbortSignal.abort())).resolves.toBeUndefined();
    const stop = new AbortController();
    const sleeping = sleep(systemClock, 1_000_000, stop.signal);
    stop.abort();
    await expect(sleeping).resolves.toBeUndefined();
  });
});
