import { sleep, systemClock } from './clock';

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
