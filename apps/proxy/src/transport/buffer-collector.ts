import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What may pass between two collections. In bytes. */
export const COLLECTION_INTERVAL = 16 * 1024 * 1024;

/**
 * By how much the heap may grow, what is outside of it included, before V8 marks it again. V8's own figure for a heap that hardly
 * grows by itself is 10 %, which is less than passes between two collections. In percent of what lives: 35 MiB in a proxy that has served for a while.
 */
const HEAP_GROWTH = 60;

/**
 * Has the buffers freed that bodies have passed through, before the garbage collector would.
 *
 * To V8 a buffer of 64 KiB is an object of some hundred bytes. The young generation, whose collection takes less than a millisecond, fills
 * so slowly with them that V8's limits for memory outside of its heap are reached first, and at those it marks all of the heap: every 32 to 64 MiB,
 * which costs more than all else that is done for a body (ADR 19). One collector serves all transfers of a process.
 */
export class BufferCollector {
  #passed = 0;

  /** @param collect collects the young generation, at once */
  constructor(private readonly collect: () => void = youngCollection()) {}

  /** Bytes of a body have come or gone. */
  passed(bytes: number): void {
    this.#passed += bytes;
    if (this.#passed < COLLECTION_INTERVAL) return;
    this.#passed = 0;
    this.collect();
  }
}

/** Node.js has no other way to a collection than the flag, which concerns contexts that are made while it is set. */
export function youngCollection(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
  return () => void collect({ type: 'minor' });
}
