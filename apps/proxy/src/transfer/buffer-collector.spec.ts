import { execFileSync } from 'node:child_process';
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { BufferCollector, BYTES_BETWEEN_COLLECTIONS, HEAP_GROWING_FLAG, minorCollection } from './buffer-collector';
import { Transfers } from './transfers';

describe('BufferCollector', () => {
  it('collects each time that so much has passed, in whatever pieces', () => {
    const collect = jest.fn();
    const collector = new BufferCollector(collect);
    collector.passed(BYTES_BETWEEN_COLLECTIONS - 1);
    expect(collect).not.toHaveBeenCalled();
    collector.passed(1);
    expect(collect).toHaveBeenCalledTimes(1);
    for (let piece = 0; piece < 256; piece++) {
      collector.passed(BYTES_BETWEEN_COLLECTIONS / 256);
    }
    expect(collect).toHaveBeenCalledTimes(2);
  });

  it('is told of what every transfer moves, both ways', () => {
    const passed = jest.fn();
    const transfers = new Transfers(60_000, { passed });
    transfers.begin().received(3);
    transfers.begin().sent(5);
    expect(passed.mock.calls).toEqual([[3], [5]]);
    transfers.close();
  });

  it('collects the young generation and nothing else', async () => {
    const kinds = await collections(minorCollection());
    expect(kinds).toEqual([constants.NODE_PERFORMANCE_GC_MINOR]);
  });

  it('frees buffers that nobody has any more', () => {
    const collect = minorCollection();
    // Twice, here and below: what was swept beside the program's own thread is counted at the next collection.
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

  it('leaves `gc` to itself', () => {
    minorCollection();
    expect('gc' in globalThis).toBe(false);
  });

  it('sets a flag that this Node.js knows: at run time an unknown one is only printed', () => {
    expect(() => execFileSync(process.execPath, [HEAP_GROWING_FLAG, '-e', '0'], { stdio: 'pipe' })).not.toThrow();
  });
});

/** `detail` is missing in Node's types. */
type Collection = PerformanceEntry & { readonly detail: { readonly kind: number; readonly flags: number } };

/** Kinds of the collections that V8 was forced to while `action` ran. */
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
