export interface ByteBudgetOptions {
  /** Limit of all owners together. */
  readonly maxBytes: number;
  /** Limit of one owner. */
  readonly maxShare: number;
  /** The second half of `maxBytes` is reserved for owners that have at most this many bytes. */
  readonly smallShare: number;
}

/**
 * Counts bytes that owners keep in memory for a short time, for each owner and in total. No owner can use all memory, and a few owners
 * with many bytes cannot take the small amounts that other owners need.
 */
export class ByteBudget {
  #held = 0;

  constructor(private readonly options: ByteBudgetOptions) {}

  /** Bytes of all owners. */
  get held(): number {
    return this.#held;
  }

  /** Returns the share of a new owner. */
  share(): ByteShare {
    return new ByteShare((held, bytes) => this.#change(held, bytes));
  }

  /** @param held bytes of the owner so far */
  #change(held: number, bytes: number): boolean {
    const { maxBytes, maxShare, smallShare } = this.options;
    if (bytes > 0 && (held + bytes > maxShare || this.#held + bytes > (held + bytes > smallShare ? maxBytes / 2 : maxBytes))) {
      return false;
    }
    this.#held += bytes;
    return true;
  }
}

/** The bytes of one owner. */
export class ByteShare {
  #held = 0;

  /** @param change changes the total, given the bytes of this owner so far; returns false if the budget does not allow the change */
  constructor(private readonly change: (held: number, bytes: number) => boolean) {}

  /** Adds bytes. Returns false, and adds nothing, if the budget does not allow them. */
  take(bytes: number): boolean {
    if (!this.change(this.#held, bytes)) {
      return false;
    }
    this.#held += bytes;
    return true;
  }

  /** Removes bytes that {@link take} has added. */
  give(bytes: number): void {
    this.change(this.#held, -bytes);
    this.#held -= bytes;
  }
}
