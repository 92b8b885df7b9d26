import { Transfer } from './transfer';

/** The idle check runs at least this often. In milliseconds. */
const MAX_CHECK_INTERVAL = 1_000;

/**
 * All transfers that are running. One timer looks after them all: a timer for each would be set and cleared for every
 * chunk of every stream.
 */
export class Transfers {
  readonly #running = new Set<Transfer>();
  readonly #timer: NodeJS.Timeout;
  readonly #waiting = new Set<() => void>();

  /** @param idleMs a transfer in which nothing moved for this long is cancelled */
  constructor(
    private readonly idleMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#timer = setInterval(() => this.cancelIdle(), Math.min(MAX_CHECK_INTERVAL, Math.ceil(idleMs / 4)));
    this.#timer.unref();
  }

  get size(): number {
    return this.#running.size;
  }

  begin(): Transfer {
    const transfer = new Transfer(this.now);
    this.#running.add(transfer);
    return transfer;
  }

  end(transfer: Transfer): void {
    this.#running.delete(transfer);
    transfer.end();
    if (this.#running.size > 0) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** Resolves when no transfer runs. */
  drained(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  cancelAll(): void {
    for (const transfer of this.#running) transfer.cancel('shutdown');
  }

  close(): void {
    clearInterval(this.#timer);
  }

  private cancelIdle(): void {
    for (const transfer of this.#running) {
      if (transfer.idleMs >= this.idleMs) transfer.cancelIdle();
    }
  }
}
