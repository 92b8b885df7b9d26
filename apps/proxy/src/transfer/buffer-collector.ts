import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * How much body data may pass between two collections, in bytes. V8 counts a freed buffer only at the next collection, so two to three
 * times this amount waits to be freed, and the heap must not grow by much more (see below). A collection costs half a millisecond.
 */
export const BYTES_BETWEEN_COLLECTIONS = 8 * 1024 * 1024;

/**
 * With many transfers, how much may pass for each of them, in bytes. Each keeps some buffers in flight. A buffer that survives two minor
 * collections is only freed when V8 marks its whole heap.
 */
export const BYTES_OF_TRANSFER = 160 * 1024;

/** The most that may pass between two collections, in bytes: the memory that waits to be freed. */
export const MAX_BYTES_BETWEEN_COLLECTIONS = 48 * 1024 * 1024;

/**
 * How much the heap and its external memory may grow before V8 marks it again, in percent of the size after the last marking. It replaces
 * V8's own value of 10 to 300. 10 is less than the memory that waits to be freed between two collections.
 */
export const HEAP_GROWING_FLAG = '--heap-growing-percent=100';

/**
 * Frees the buffers of forwarded bodies by minor collections. Otherwise V8 marks its whole heap to free them, which costs more than all
 * other work for a body (ADR 19). All transfers of a process share one instance.
 */
export class BufferCollector {
  #passed = 0;

  /** @param collect see {@link minorCollection} */
  constructor(private readonly collect: () => void) {}

  /**
   * Counts bytes of a body, received or sent.
   *
   * @param running number of running transfers
   */
  passed(bytes: number, running: number): void {
    this.#passed += bytes;
    if (this.#passed < BYTES_BETWEEN_COLLECTIONS || this.#passed < Math.min(running * BYTES_OF_TRANSFER, MAX_BYTES_BETWEEN_COLLECTIONS)) {
      return;
    }
    this.#passed = 0;
    this.collect();
  }
}

/**
 * Returns a function that runs V8's minor collection synchronously. Node.js provides it only through a flag, which applies to contexts
 * created while it is set.
 *
 * @throws ReferenceError when V8 has no such flag
 */
export function minorCollection(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  return () => void collect({ type: 'minor' });
}

/** Makes V8 mark the heap of this process less often, as {@link HEAP_GROWING_FLAG} says. Takes effect after the next marking. */
export function markLessOften(): void {
  setFlagsFromString(HEAP_GROWING_FLAG);
}
