/** A queue in which owners take turns, so that many items of one owner do not delay the items of others. */
export class FairQueue<T> {
  #size = 0;
  /** The owners in the order of their turns, each with its items in the order in which they arrived. */
  readonly #owners = new Map<string, T[]>();

  /** Number of waiting items. */
  get size(): number {
    return this.#size;
  }

  /** Returns the number of waiting items of one owner. */
  sizeOf(owner: string): number {
    return this.#owners.get(owner)?.length ?? 0;
  }

  push(owner: string, item: T): void {
    const items = this.#owners.get(owner);
    if (items) {
      items.push(item);
    } else {
      this.#owners.set(owner, [item]);
    }
    this.#size += 1;
  }

  /** Removes and returns the oldest item of the owner whose turn it is; undefined when the queue is empty. */
  shift(): T | undefined {
    const [first] = this.#owners;
    if (!first) {
      return undefined;
    }
    const [owner, items] = first;
    const item = items.shift();
    this.#size -= 1;
    this.#owners.delete(owner);
    if (items.length > 0) {
      this.#owners.set(owner, items);
    }
    return item;
  }

  /**
   * Removes and returns the newest item of the owner with the most items, so that another owner can add one in a queue that is full.
   *
   * @returns undefined if no owner has at least two items more than the other owner: removing one would not be fairer
   */
  makeRoomFor(other: string): T | undefined {
    let most: T[] = [];
    for (const items of this.#owners.values()) {
      most = items.length > most.length ? items : most;
    }
    if (most.length < this.sizeOf(other) + 2) {
      return undefined;
    }
    this.#size -= 1;
    return most.pop();
  }
}
