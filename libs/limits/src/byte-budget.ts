export interface ByteBudgetOptions {
  /** Held by all together. */
  readonly maxBytes: number;
  /** Held by one owner. */
  readonly maxShare: number;
  /** The last half of `maxBytes` is for owners that hold no more than this. */
  readonly smallShare: number;
}

/**
 * Counts bytes that are held for a moment, over all owners and for each of them, so that no owner can have all memory, and no few
 * owners can take the little from others that they need.
 */
export class ByteBudget {
  #held = 0;

  constructor(private readonly options: ByteBudgetOptions) {}

  /** What all owners hold. */
  get held(): number {
    return this.#held;
  }

  /** The part of one owner. */
  share(): ByteShare {
    return new ByteShare((held, bytes) => this.#change(held, bytes));
  }

  /** @param held what the owner holds so far */
  #change(held: number, bytes: number): boolean {
    const { maxBytes, maxShare, smallShare } = this.options;
    if (bytes > 0 && (held + bytes > maxShare || this.#held + bytes > (held + bytes > smallShare ? maxBytes / 2 : maxBytes))) {
      return false;
    }
    this.#held += bytes;
    return true;
  }
}

/** What one owner holds. */
export class ByteShare {
  #held = 0;

  /** @param change of what all hold, given what this one holds; false: there is no more */
  constructor(private readonly change: (held: number, bytes: number) => boolean) {}

  /** Counts bytes in; false when they are too many, and then they are not counted. */
  take(bytes: number): boolean {
    if (!this.change(this.#held, bytes)) {
      return false;
    }
    this.#held += bytes;
    return true;
  }

  /** Counts bytes out that {@link take} has counted in. */
  give(bytes: number): void {
    this.change(this.#held, -bytes);
    this.#held -= bytes;
  }
}
