import { eventually, ManualClock } from '@oci-connector/testing-kit';
import { settle } from '../test/settle';
import { WorkQueue, type WorkQueueOptions } from './work-queue';

/** A handler whose runs the test ends. */
class Runs {
  readonly started: string[] = [];
  readonly aborted: string[] = [];
  readonly #open = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();

  readonly handle = (key: string, signal: AbortSignal): Promise<void> => {
    this.started.push(key);
    signal.addEventListener('abort', () => this.aborted.push(key));
    expect(this.#open.has(key)).toBe(false);
    return new Promise((resolve, reject) => this.#open.set(key, { resolve, reject }));
  };

  async end(key: string, error?: Error): Promise<void> {
    const run = this.#open.get(key);
    this.#open.delete(key);
    if (error === undefined) {
      run?.resolve();
    } else {
      run?.reject(error);
    }
    await settle();
  }
}

let clock: ManualClock;
let runs: Runs;
let queue: WorkQueue;

function make(options: WorkQueueOptions = {}): void {
  clock = new ManualClock();
  runs = new Runs();
  queue = new WorkQueue({ clock, random: () => 0, ...options });
}

beforeEach(() => make());
afterEach(() => expect(clock.timers).toEqual([]));

describe('WorkQueue', () => {
  it('processes a key once however often it was added', async () => {
    queue.add('a');
    queue.add('a');
    expect(queue.depth).toBe(1);
    queue.start(runs.handle);
    await runs.end('a');
    expect(runs.started).toEqual(['a']);
    await queue.drained();
  });

  it('never processes a key twice at the same time, and once more when it was added meanwhile', async () => {
    make({ concurrency: 5 });
    queue.start(runs.handle);
    queue.add('a');
    queue.add('a');
    queue.add('a');
    expect([runs.started, queue.depth]).toEqual([['a'], 0]);
    await runs.end('a');
    expect(runs.started).toEqual(['a', 'a']);
    await runs.end('a');
    expect(runs.started).toEqual(['a', 'a']);
  });

  it('processes as many keys at the same time as allowed, in the order of their addition', async () => {
    make({ concurrency: 2 });
    queue.start(runs.handle);
    ['a', 'b', 'c', 'd'].forEach((key) => queue.add(key));
    expect([runs.started, queue.depth]).toEqual([['a', 'b'], 2]);
    await runs.end('b');
    expect(runs.started).toEqual(['a', 'b', 'c']);
    await runs.end('a');
    await runs.end('c');
    await runs.end('d');
    await queue.drained();
    expect(runs.started).toEqual(['a', 'b', 'c', 'd']);
  });

  it('does not let a key that is added repeatedly starve the others', async () => {
    queue.start(runs.handle);
    ['a', 'b'].forEach((key) => queue.add(key));
    queue.add('a');
    await runs.end('a');
    expect(runs.started).toEqual(['a', 'b']);
    await runs.end('b');
    await runs.end('a');
  });

  it('adds a key later, at the earliest of the requested times', () => {
    queue.start(runs.handle);
    queue.addAfter('a', 1000);
    queue.addAfter('a', 5000);
    queue.addAfter('a', 400);
    clock.advance(399);
    expect(runs.started).toEqual([]);
    clock.advance(1);
    expect(runs.started).toEqual(['a']);
    expect(clock.timers).toEqual([]);
    queue.addAfter('b', 0);
    expect(queue.depth).toBe(1);
  });

  it('doubles the back-off of a key up to the maximum, until it is forgotten', () => {
    make({ backOffInitialMs: 100, backOffMaxMs: 500 });
    for (const delay of [100, 200, 400, 500, 500]) {
      queue.addRateLimited('a');
      expect(clock.timers).toEqual([delay]);
      clock.advance(delay);
    }
    queue.forget('a');
    queue.addRateLimited('a');
    expect(clock.timers).toEqual([100]);
    clock.advance(100);
  });

  it('lengthens a back-off by up to a half', () => {
    make({ backOffInitialMs: 100, random: () => 0.999 });
    queue.addRateLimited('a');
    expect(clock.timers[0]).toBeCloseTo(150, 0);
    clock.advance(150);
  });

  it('retries a key whose handler throws, and does not lose a worker', async () => {
    queue.start(runs.handle);
    queue.add('a');
    await runs.end('a', new Error('broken'));
    expect(clock.timers).toEqual([1000]);
    clock.advance(1000);
    expect(runs.started).toEqual(['a', 'a']);
    await runs.end('a');
  });

  it('can be started only once', () => {
    queue.start(runs.handle);
    expect(() => queue.start(runs.handle)).toThrow(TypeError);
  });

  it('reports its metrics', async () => {
    const told: unknown[][] = [];
    make({
      hooks: {
        onDepth: (depth) => told.push(['depth', depth]),
        onStart: (ms) => told.push(['start', ms]),
        onDone: (ms) => told.push(['done', ms]),
      },
    });
    queue.add('a');
    queue.add('a');
    clock.advance(30);
    queue.start(runs.handle);
    queue.addRateLimited('a');
    clock.advance(70);
    await runs.end('a');
    expect(told).toEqual([
      ['depth', 1],
      ['depth', 0],
      ['start', 30],
      ['done', 70],
    ]);
    clock.advance(1000);
    await runs.end('a');
  });
});

describe('WorkQueue.stop', () => {
  it('drops waiting keys, waits for those in work, and takes no more', async () => {
    queue.start(runs.handle);
    ['a', 'b'].forEach((key) => queue.add(key));
    queue.addAfter('c', 1000);
    queue.add('a');
    let stopped = false;
    const stopping = queue.stop({ graceMs: 5000 }).then(() => {
      stopped = true;
    });
    queue.add('d');
    queue.addAfter('e', 10);
    await settle();
    expect([stopped, runs.started, runs.aborted, queue.depth]).toEqual([false, ['a'], [], 0]);
    clock.advance(5000);
    expect(runs.aborted).toEqual(['a']);
    await settle();
    expect(stopped).toBe(false);
    await runs.end('a');
    await stopping;
    expect(runs.started).toEqual(['a']);
  });

  it('aborts immediately without a grace period', async () => {
    queue.start(runs.handle);
    queue.add('a');
    const stopping = queue.stop();
    expect(runs.aborted).toEqual(['a']);
    await runs.end('a');
    await stopping;
  });

  it('may be called before the start', async () => {
    queue.add('a');
    await queue.stop({ graceMs: 100 });
    queue.start(runs.handle);
    await eventually(() => queue.depth === 0);
    expect(runs.started).toEqual([]);
  });
});
