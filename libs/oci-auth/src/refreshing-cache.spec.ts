import { ManualClock } from '@oci-connector/testing-kit';
import { type Expiring, RefreshingCache } from './refreshing-cache';

interface Value extends Expiring {
  name: string;
}

/** A load that the test settles. */
class ManualLoad {
  readonly calls: { resolve: (value: Value) => void; reject: (error: Error) => void }[] = [];
  readonly load = (): Promise<Value> => new Promise((resolve, reject) => this.calls.push({ resolve, reject }));
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('RefreshingCache', () => {
  const clock = new ManualClock();
  const value = (name: string, lifetimeMs = 100_000): Value => ({ name, expiresAt: clock.now() + lifetimeMs });
  const now = (name: string, lifetimeMs?: number) => () => Promise.resolve(value(name, lifetimeMs));
  const never = (): Promise<Value> => Promise.reject(new Error('must not be fetched'));
  const newCache = (options: { maxEntries?: number; failureTtlMs?: number } = {}): RefreshingCache<Value> =>
    new RefreshingCache<Value>({
      clock,
      random: () => 0.5,
      maxEntries: options.maxEntries ?? 10,
      maxBytes: 1_000_000,
      bytesOf: ({ name }) => name.length,
      ownerOf: (key) => key.slice(0, key.indexOf(' ')),
      repeatedAfter: (error) => error,
      failureTtlMs: () => options.failureTtlMs ?? 0,
    });

  it('fetches once and keeps the value', async () => {
    const cache = newCache();
    expect((await cache.get('k', now('first'))).name).toBe('first');
    clock.advance(79_000);
    expect((await cache.get('k', never)).name).toBe('first');
  });

  it('shares one fetch among all concurrent callers', async () => {
    const cache = newCache();
    const { load, calls } = new ManualLoad();
    const all = [cache.get('k', load), cache.get('k', load), cache.get('k', load), cache.get('other', load)];
    expect(calls).toHaveLength(2);
    calls[0]?.resolve(value('shared'));
    calls[1]?.resolve(value('own'));
    expect((await Promise.all(all)).map(({ name }) => name)).toEqual(['shared', 'shared', 'shared', 'own']);
  });

  it('reports a failure to all waiting callers, and fetches again for the next caller', async () => {
    const cache = newCache();
    const { load, calls } = new ManualLoad();
    const all = Promise.allSettled([cache.get('k', load), cache.get('k', load)]);
    calls[0]?.reject(new Error('down'));
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect((await cache.get('k', now('back'))).name).toBe('back');
  });

  it('keeps a failure for as long as configured', async () => {
    const cache = newCache({ failureTtlMs: 10_000 });
    await expect(cache.get('k', () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    clock.advance(9_999);
    await expect(cache.get('k', now('x'))).rejects.toThrow('refused');
    clock.advance(1);
    expect((await cache.get('k', now('x'))).name).toBe('x');
  });

  it('renews in the background at 0.8 of the lifetime, once, and no caller waits for it', async () => {
    const cache = newCache();
    await cache.get('k', now('old'));
    clock.advance(80_000);
    const { load, calls } = new ManualLoad();
    expect((await cache.get('k', load)).name).toBe('old');
    expect((await cache.get('k', load)).name).toBe('old');
    expect(calls).toHaveLength(1);
    calls[0]?.resolve(value('new'));
    await settled();
    expect((await cache.get('k', never)).name).toBe('new');
  });

  it('keeps the valid value when the renewal fails, and tries again after a pause', async () => {
    const cache = newCache({ failureTtlMs: 10_000 });
    await cache.get('k', now('old'));
    clock.advance(80_000);
    let failures = 0;
    const failing = (): Promise<Value> => Promise.reject(new Error(`down ${++failures}`));
    expect((await cache.get('k', failing)).name).toBe('old');
    await settled();
    expect((await cache.get('k', failing)).name).toBe('old');
    expect(failures).toBe(1);
    clock.advance(5_000);
    expect((await cache.get('k', now('new'))).name).toBe('old');
    await settled();
    expect((await cache.get('k', never)).name).toBe('new');
  });

  it('does not return a value that is about to expire', async () => {
    const cache = newCache();
    await cache.get('k', now('old'));
    clock.advance(95_000);
    expect((await cache.get('k', now('new'))).name).toBe('new');
  });

  it.each([
    ['enough is left', 40_000, 50_000, 'old'],
    ['too little is left', 60_000, 50_000, 'new'],
    ['more is requested than the whole lifetime, early', 10_000, 900_000, 'old'],
    ['more is requested than the whole lifetime, later', 30_000, 900_000, 'new'],
  ])('minimum lifetime: %s', async (_name, passed, minimumLifetimeMs, expected) => {
    const cache = newCache();
    await cache.get('k', now('old'));
    clock.advance(passed);
    expect((await cache.get('k', now('new'), { minimumLifetimeMs })).name).toBe(expected);
  });

  it('returns the shorter-lived value when a longer-lived one cannot be fetched', async () => {
    const cache = newCache();
    await cache.get('k', now('old'));
    clock.advance(60_000);
    expect((await cache.get('k', never, { minimumLifetimeMs: 50_000 })).name).toBe('old');
  });

  it('ends the wait of one caller by its signal, and of no other caller', async () => {
    const cache = newCache();
    const { load, calls } = new ManualLoad();
    const controller = new AbortController();
    const impatient = cache.get('k', load, { signal: controller.signal });
    const patient = cache.get('k', load, { signal: new AbortController().signal });
    controller.abort(new Error('gone'));
    await expect(impatient).rejects.toThrow('gone');
    calls[0]?.resolve(value('late'));
    expect((await patient).name).toBe('late');
    await expect(cache.get('other', load, { signal: controller.signal })).rejects.toThrow('gone');
  });

  it('keeps no more entries than its limit, and drops the least recently used one', async () => {
    const cache = newCache({ maxEntries: 2 });
    await cache.get('a', now('a'));
    await cache.get('b', now('b'));
    await cache.get('a', never);
    await cache.get('c', now('c'));
    expect(cache.inspect('a')?.name).toBe('a');
    expect(cache.inspect('b')).toBeUndefined();
  });

  it('forgets values, failures, and fetches in flight', async () => {
    const cache = newCache({ failureTtlMs: 10_000 });
    await cache.get('mine', now('old'));
    await cache.get('yours', now('yours'));
    await expect(cache.get('failed', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const { load, calls } = new ManualLoad();
    const waiting = cache.get('under way', load);
    cache.forget((key) => key !== 'yours');
    calls[0]?.resolve(value('stale'));
    expect((await waiting).name).toBe('stale');
    expect((await cache.get('under way', now('fresh'))).name).toBe('fresh');
    expect((await cache.get('mine', now('new'))).name).toBe('new');
    expect((await cache.get('failed', now('ok'))).name).toBe('ok');
    expect((await cache.get('yours', never)).name).toBe('yours');
  });
});
