import { FairQueue } from './fair-queue';

/**
 * Runs short pieces of work for peers, a few in each turn of the event loop. A burst of requests that each need some computation, such
 * as the check of a signature, then delays the requests of others by one turn instead of the whole burst. Peers take turns.
 *
 * The number of waiting pieces is not limited here: each belongs to a request, and connections and the requests on one connection are limited.
 */
export class PacedWork {
  readonly #waiting = new FairQueue<() => void>();
  #doneInTurn = 0;
  #isTurnEnding = false;

  /** @param perTurn number of pieces that may start in one turn of the event loop */
  constructor(private readonly perTurn: number) {}

  /**
   * Runs the work, or its first part up to a promise, immediately if this turn has room for it, and otherwise in one of the next turns.
   *
   * @throws the error of the work
   */
  async run<R>(owner: string, work: () => R | Promise<R>): Promise<R> {
    if (this.#doneInTurn >= this.perTurn || this.#waiting.size > 0) {
      await new Promise<void>((resolve) => this.#waiting.push(owner, resolve));
    } else {
      this.#count();
    }
    return work();
  }

  #count(): void {
    this.#doneInTurn += 1;
    if (!this.#isTurnEnding) {
      this.#isTurnEnding = true;
      setImmediate(() => this.#nextTurn());
    }
  }

  #nextTurn(): void {
    this.#doneInTurn = 0;
    this.#isTurnEnding = false;
    while (this.#doneInTurn < this.perTurn) {
      const go = this.#waiting.shift();
      if (!go) {
        return;
      }
      this.#count();
      go();
    }
  }
}
