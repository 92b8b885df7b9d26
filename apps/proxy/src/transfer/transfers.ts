import { systemClock } from '@oci-connector/clock';
import { Transfer } from './transfer';

/** The longest time between two idle checks, in milliseconds. */
const MAX_CHECK_INTERVAL = 1_000;

export interface TransfersOptions {
  /** Monotonic, in milliseconds; default: the clock of the process. */
  readonly now?: () => number;
  /** Called with the size of each piece of a body, in bytes, in either direction, and the number of running transfers. */
  readonly passed?: (bytes: number, running: number) => void;
}

/**
 * The running transfers. One timer checks all of them: a timer for each transfer would be set and cleared for every chunk of every
 * stream.
 */
export class Transfers {
  /**
   * An array, because a Set with many additions and deletions leaves a chain of old tables behind. The minor collection cannot free
   * the objects in these tables.
   */
  readonly #running: Transfer[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #waiting = new Set<() => void>();

  readonly #now: () => number;
  readonly #passed?: (bytes: number) => void;

  /** @param idleMs time without movement after which a transfer is cancelled, in milliseconds */
  constructor(
    readonly idleMs: number,
    { now = () => systemClock.monotonic(), passed }: TransfersOptions = {},
  ) {
    this.#now = now;
    this.#passed = passed && ((bytes) => passed(bytes, this.#running.length));
    this.#timer = setInterval(() => this.#cancelIdle(), Math.min(MAX_CHECK_INTERVAL, Math.ceil(idleMs / 4)));
    this.#timer.unref();
  }

  get size(): number {
    return this.#running.length;
  }

  begin(): Transfer {
    const transfer = new Transfer(this.#now, this.#passed);
    transfer.index = this.#running.push(transfer) - 1;
    return transfer;
  }

  end(transfer: Transfer): void {
    this.#remove(transfer);
    transfer.end();
    if (this.#running.length > 0) {
      return;
    }
    for (const resolve of this.#waiting) {
      resolve();
    }
    this.#waiting.clear();
  }

  /** Resolves when no transfer runs. */
  drained(): Promise<void> {
    if (this.#running.length === 0) {
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  cancelAll(): void {
    for (const transfer of [...this.#running]) {
      transfer.cancel('shutdown');
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #remove(transfer: Transfer): void {
    if (this.#running[transfer.index] !== transfer) {
      return;
    }
    const last = this.#running.pop();
    if (last === undefined || last === transfer) {
      return;
    }
    this.#running[transfer.index] = last;
    last.index = transfer.index;
  }

  #cancelIdle(): void {
    for (const transfer of [...this.#running]) {
      if (transfer.idleMs >= this.idleMs) {
        transfer.cancelIdle();
      }
    }
  }
}
