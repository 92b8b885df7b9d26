import { systemClock } from '@oci-connector/clock';
import { Transfer } from './transfer';

/** The idle check runs at least this often. In milliseconds. */
const MAX_CHECK_INTERVAL = 1_000;

export interface TransfersOptions {
  /** Milliseconds that only go forward; default: those of the process. */
  readonly now?: () => number;
  /** Is told of each piece of a body, in bytes, whichever way it goes. */
  readonly passed?: (bytes: number) => void;
}

/**
 * All transfers that are running. One timer looks after them all: a timer for each would be set and cleared for every
 * chunk of every stream.
 */
export class Transfers {
  /**
   * An array, because a Set that is always added to and deleted from leaves a chain of old tables behind, and those keep what
   * was in them from the garbage collector's short way.
   */
  readonly #running: Transfer[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #waiting = new Set<() => void>();

  readonly #now: () => number;
  readonly #passed?: (bytes: number) => void;

  /** @param idleMs a transfer in which nothing moved for this long is cancelled */
  constructor(
    readonly idleMs: number,
    { now = () => systemClock.monotonic(), passed }: TransfersOptions = {},
  ) {
    this.#now = now;
    this.#passed = passed;
    this.#timer = setInterval(() => this.#cancelIdle(), Math.min(MAX_CHECK_INTERVAL, Math.ceil(idleMs / 4)));
    this.#timer.unref();
  }

  get size(): number {
    return this.#running.length;
  }

  begin(): Transfer {
    const transfer = new Transfer(this.#now, this.#passed);
    transfer.place = this.#running.push(transfer) - 1;
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
    if (this.#running[transfer.place] !== transfer) {
      return;
    }
    const last = this.#running.pop();
    if (last === undefined || last === transfer) {
      return;
    }
    this.#running[transfer.place] = last;
    last.place = transfer.place;
  }

  #cancelIdle(): void {
    for (const transfer of [...this.#running]) {
      if (transfer.idleMs >= this.idleMs) {
        transfer.cancelIdle();
      }
    }
  }
}
