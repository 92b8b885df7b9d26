import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { BufferCollector, COLLECTION_INTERVAL, youngCollection } from './buffer-collector';
import { Transfers } from './transfers';

describe('BufferCollector', () => {
  it('collects each time that so much has passed, in whatever pieces', () => {
    const collect = jest.fn();
    const collector = new BufferCollector(collect);
    collector.passed(COLLECTION_INTERVAL - 1);
    expect(collect).not.toHaveBeenCalled();
    collector.passed(1);
    expect(collect).toHaveBeenCalledTimes(1);
    for (let piece = 0; piece < 256; piece++) collector.passed(COLLECTION_INTERVAL / 256);
    expect(collect).toHaveBeenCalledTimes(2);
  });

  it('collects the young generation and nothing else', async () => {
    const collect = youngCollection();
    const kinds = await collections(collect);
    expect(kinds).toContain(constants.NODE_PERFORMANCE_GC_MINOR);
    expect(kinds).not.toContain(constants.NODE_PERFORMANCE_GC_MAJOR);
  });

  it('is told of what every transfer moves, both ways', async () => {
    const transfers = new Transfers(60_000);
    const [push, pull] = [transfers.begin(), transfers.begin()];
    const kinds = await collections(() => {
      push.received(COLLECTION_INTERVAL / 2);
      pull.sent(COLLECTION_INTERVAL / 2);
    });
    expect(kinds).toEqual([constants.NODE_PERFORMANCE_GC_MINOR]);
    transfers.close();
  });

  it('frees buffers that nobody has any more', async () => {
    const collect = youngCollection();
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 256; count++) Buffer.allocUnsafeSlow(64 * 1024);
    collect();
    // What was swept beside the program's own thread is counted at the next collection.
    await new Promise(setImmediate);
    collect();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });
});

/** `detail` is missing in Node's types. */
type Collection = PerformanceEntry & { readonly detail: { readonly kind: number; readonly flags: number } };

/** Kinds of the collections that V8 forced while `action` ran. */
function collections(action: () => void): Promise<unknown[]> {
  return new Promise((resolve) => {
    const observer = new PerformanceObserver((list) => {
      const details = (list.getEntries() as Collection[]).map(({ detail }) => detail);
      const forced = details.filter(({ flags }) => (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0);
      if (forced.length === 0) return;
      observer.disconnect();
      resolve(forced.map(({ kind }) => kind));
    });
    observer.observe({ entryTypes: ['gc'] });
    action();
  });
}
