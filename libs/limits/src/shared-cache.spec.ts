import { SharedCache } from './shared-cache';

const KIB = 1024;
const cache = (options: { maxEntries?: number; maxBytes?: number } = {}): SharedCache<string> =>
  new SharedCache({ maxEntries: options.maxEntries ?? 1_000, maxBytes: options.maxBytes ?? 100 * KIB });
const small = (owner: string): { owner: string; bytes: number } => ({ owner, bytes: 10 });

describe('SharedCache', () => {
  it('stores, returns, marks as used and deletes values', () => {
    const shared = cache({ maxEntries: 2 });
    shared.set('a', '1', small('x'));
    shared.set('b', '2', small('x'));
    expect([shared.get('a'), shared.peek('b'), shared.get('c')]).toEqual(['1', '2', undefined]);
    shared.set('c', '3', small('x'));
    // `peek` did not mark `b` as used.
    expect([...shared.keys()].sort()).toEqual(['a', 'c']);
    shared.delete('a');
    shared.delete('a');
    expect({ size: shared.size, isCounted: shared.bytes > 0 }).toEqual({ size: 1, isCounted: true });
    shared.clear();
    expect({ size: shared.size, bytes: shared.bytes }).toEqual({ size: 0, bytes: 0 });
  });

  it('counts a replaced value only once, for its new owner', () => {
    const shared = cache();
    shared.set('a', '1', { owner: 'x', bytes: 5_000 });
    shared.set('a', '2', { owner: 'y', bytes: 100 });
    expect(shared.get('a')).toBe('2');
    expect(shared.bytes).toBeLessThan(1_000);
  });

  it('never exceeds its limit, and does not store a value that alone exceeds it', () => {
    const shared = cache();
    for (let index = 0; index < 500; index += 1) {
      shared.set(String(index), '', { owner: String(index % 7), bytes: (index % 50) * 100 });
      expect(shared.bytes).toBeLessThanOrEqual(100 * KIB);
    }
    const before = shared.size;
    shared.set('huge', '', { owner: 'x', bytes: 100 * KIB });
    expect([shared.peek('huge'), shared.size]).toEqual([undefined, before]);
  });

  it.each([
    ['bytes', 10_000, 5 * KIB],
    ['entries', 60, 10],
  ])('an owner that fills the cache evicts only its own entries: by %s', (_measure, maxEntries, bytes) => {
    const shared = cache({ maxEntries });
    for (let index = 0; index < 10; index += 1) {
      shared.set(`honest-${index}`, '', small(`honest-${index}`));
    }
    for (let index = 0; index < 1_000; index += 1) {
      shared.set(`hog-${index}`, '', { owner: 'hog', bytes });
    }
    expect([...shared.keys()].filter((key) => key.startsWith('honest'))).toHaveLength(10);
    // The newest entries of the owner stay.
    expect(shared.peek('hog-999')).toBe('');
    expect(shared.peek('hog-0')).toBeUndefined();
  });

  it('a new owner gets space in a cache that another owner has filled', () => {
    const shared = cache({ maxEntries: 50 });
    for (let index = 0; index < 50; index += 1) {
      shared.set(`hog-${index}`, '', small('hog'));
    }
    for (let index = 0; index < 25; index += 1) {
      shared.set(`new-${index}`, '', small('new'));
    }
    expect([...shared.keys()].filter((key) => key.startsWith('new'))).toHaveLength(25);
    expect(shared.peek('hog-49')).toBe('');
  });

  it('a new entry can replace the only entry of a full cache', () => {
    const shared = cache({ maxEntries: 1 });
    shared.set('a', '1', small('x'));
    shared.set('b', '2', small('y'));
    expect([...shared.keys()]).toHaveLength(1);
  });
});
