export interface ByteBudgetOptions {
  /** Held by all together. */
  readonly maxBytes: number;
  /** Held by one owner. */
  readonly maxShare: number;
}

/** Counts bytes that are held for a moment, over all owners and for each of them, so that no owner can have all memory. */
export class ByteBudget {
  #held = 0;

  constructor(private readonly options: ByteBudgetOptions) {}

  /** What all owners hold. */
  get held(): number {
    return this.#held;
  }

  /** The part of one owner. */
  share(): ByteShare {
    return new ByteShare(this.options.maxShare, (bytes) => this.#change(bytes));
  }

  #change(bytes: number): boolean {
    if (this.#held + bytes > this.options.maxBytes) return false;
    this.#held += bytes;
    return true;
  }
}

/** What one owner holds. */
export class ByteShare {
  #held = 0;

  /** @param change of what all hold; false: there is no more */
  constructor(
    private readonly maxBytes: number,
    private readonly change: (bytes: number) => boolean,
  ) {}

  /** Counts bytes in; false when they are too many, and then they are not counted. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.maxBytes || !this.change(bytes)) return false;
    this.#held += bytes;
    return true;
  }

  /** Counts bytes out that {@link take} has counted in. */
  give(bytes: number): void {
    this.#held -= bytes;
    this.change(-bytes);
  }
}
