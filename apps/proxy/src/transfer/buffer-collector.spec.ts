import { execFileSync } from 'node:child_process';
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import {
  BufferCollector,
  BYTES_BETWEEN_COLLECTIONS,
  BYTES_OF_TRANSFER,
  HEAP_GROWING_FLAG,
  MAX_BYTES_BETWEEN_COLLECTIONS,
  minorCollection,
} from './buffer-collector';
import { Transfers } from './transfers';

describe('BufferCollector', () => {
  it('collects each time the threshold is passed, regardless of the size of the pieces', () => {
    const collect = jest.fn();
    const collector = new BufferCollector(collect);
    collector.passed(BYTES_BETWEEN_COLLECTIONS - 1, 1);
    expect(collect).not.toHaveBeenCalled();
    collector.passed(1, 1);
    expect(collect).toHaveBeenCalledTimes(1);
    for (let piece = 0; piece < 256; piece++) {
      collector.passed(BYTES_BETWEEN_COLLECTIONS / 256, 1);
    }
    expect(collect).toHaveBeenCalledTimes(2);
  });

  it.each([
    [100, 100 * BYTES_OF_TRANSFER],
    [10_000, MAX_BYTES_BETWEEN_COLLECTIONS],
  ])('collects less often with %d transfers', (running, limit) => {
    const collect = jest.fn();
    const collector = new BufferCollector(collect);
    collector.passed(limit - 1, running);
    expect(collect).not.toHaveBeenCalled();
    collector.passed(1, running);
    expect(collect).toHaveBeenCalledTimes(1);
  });

  it('counts the bytes of all transfers, in both directions', () => {
    const passed = jest.fn();
    const transfers = new Transfers(60_000, { passed });
    transfers.begin().received(3);
    transfers.begin().sent(5);
    expect(passed.mock.calls).toEqual([
      [3, 1],
      [5, 2],
    ]);
    transfers.close();
  });

  it('collects only the young generation', async () => {
    const kinds = await collections(minorCollection());
    expect(kinds).toEqual([constants.NODE_PERFORMANCE_GC_MINOR]);
  });

  it('frees unreferenced buffers', () => {
    const collect = minorCollection();
    // Twice, here and below: V8 counts the memory that its background threads swept only at the next collection.
    collect();
    collect();
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 256; count++) {
      Buffer.allocUnsafeSlow(64 * 1024);
    }
    collect();
    collect();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });

  it('does not expose `gc` to the program', () => {
    minorCollection();
    expect('gc' in globalThis).toBe(false);
  });

  // At run time, Node.js only prints a message for an unknown flag.
  it('sets a flag that this version of Node.js supports', () => {
    expect(() => execFileSync(process.execPath, [HEAP_GROWING_FLAG, '-e', '0'], { stdio: 'pipe' })).not.toThrow();
  });
});

/** Adds `detail`, which Node's types lack. */
type Collection = PerformanceEntry & { readonly detail: { readonly kind: number; readonly flags: number } };

/** Returns the kinds of the collections that `action` forced V8 to run. */
function collections(action: () => void): Promise<number[]> {
  return new Promise((resolve) => {
    const observer = new PerformanceObserver((list) => {
      const details = (list.getEntries() as Collection[]).map(({ detail }) => detail);
      const forced = details.filter(({ flags }) => (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0);
      if (forced.length === 0) {
        return;
      }
      observer.disconnect();
      resolve(forced.map(({ kind }) => kind));
    });
    observer.observe({ entryTypes: ['gc'] });
    action();
  });
}
