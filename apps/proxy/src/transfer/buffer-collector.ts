import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Bodies that may pass between two collections. Freed buffers are counted at the next one only, so two to three times this lies about, and
 * the heap may not grow by much more (below). A collection costs half a millisecond. In bytes.
 */
export const BYTES_BETWEEN_COLLECTIONS = 8 * 1024 * 1024;

/**
 * By how much the heap, with the memory outside of it, may grow before V8 marks it again; in percent of what was alive after the last
 * marking. It replaces V8's own figure, 10 to 300: 10 is less than lies about between two collections, and with 100 a crowd of streams takes
 * 40 MiB more.
 */
export const HEAP_GROWING_FLAG = '--heap-growing-percent=60';

/**
 * Frees the buffers that bodies have passed through by minor collections. Left alone, V8 marks its whole heap for them, which costs
 * more than all else that is done for a body (ADR 19). One for all transfers of a process.
 */
export class BufferCollector {
  #passed = 0;

  /** @param collect see {@link minorCollection} */
  constructor(private readonly collect: () => void) {}

  /** Bytes of a body have come or gone. */
  passed(bytes: number): void {
    this.#passed += bytes;
    if (this.#passed < BYTES_BETWEEN_COLLECTIONS) {
      return;
    }
    this.#passed = 0;
    this.collect();
  }
}

/**
 * V8's minor collection, which runs at once. Node.js offers it only by a flag that is in force for contexts made while it is set.
 *
 * @throws ReferenceError where V8 has no such flag
 */
export function minorCollection(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  return () => void collect({ type: 'minor' });
}

/** Has V8 mark the heap of this process as {@link HEAP_GROWING_FLAG} says, from the next marking on. */
export function markLessOften(): void {
  setFlagsFromString(HEAP_GROWING_FLAG);
}
