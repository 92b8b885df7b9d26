import { FairQueue } from './fair-queue';

/**
 * Runs short pieces of work for peers, a few in each turn of the event loop: a burst of requests that each take some computing, as
 * checking a signature does, delays the requests of others by one turn and not by the whole burst. Peers take turns.
 *
 * The pieces that wait are not limited here: each belongs to a request whose connection is already counted and limited.
 */
export class PacedWork {
  readonly #waiting = new FairQueue<() => void>();
  #doneInTurn = 0;
  #isTurnEnding = false;

  /** @param perTurn pieces of work in one turn of the event loop */
  constructor(private readonly perTurn: number) {}

  /**
   * Runs the work, or its first part up to a promise, immediately if this turn has room for it, and otherwise in one of the next turns.
   *
   * @throws what the work throws
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
