/** The most that is read at a time from a connection that has no buffer of its own, in bytes. */
export const SHARED_READ_BYTES = 16 * 1024;

/** With few transfers, large buffers save system calls. With many, each read finds less anyway. Sizes in bytes. */
const LARGE = { size: 1024 * 1024, max: 16, maxFree: 2 };
const SMALL = { size: 64 * 1024, max: 768, maxFree: 64 };

/**
 * Buffers that connections are read into, again and again. In contrast to the buffers that Node.js allocates for each read, V8 need not
 * collect them. At most 64 MiB are in use, and 6 MiB wait for their next use.
 */
export class ReadBuffers {
  /** What connections without a buffer of their own are read into. The reader must copy the bytes before the next read. */
  readonly shared = Buffer.allocUnsafeSlow(SHARED_READ_BYTES);
  readonly #large = new Buffers(LARGE);
  readonly #small = new Buffers(SMALL);

  /** Number of buffers in use. */
  get lent(): number {
    return this.#large.lent + this.#small.lent;
  }

  /** Returns a buffer, or nothing when all are in use. */
  borrow(): Buffer | undefined {
    return this.#large.borrow() ?? this.#small.borrow();
  }

  /** Forgets a buffer that {@link borrow} returned, because something may still read it. It is never lent again. */
  drop(buffer: Buffer): void {
    this.#ofSize(buffer).lent -= 1;
  }

  /** Takes a buffer back that {@link borrow} returned. Nothing may read it or write into it any more. */
  giveBack(buffer: Buffer): void {
    this.#ofSize(buffer).giveBack(buffer);
  }

  #ofSize({ length }: Buffer): Buffers {
    return length === LARGE.size ? this.#large : this.#small;
  }
}

/** Buffers of one size. */
class Buffers {
  lent = 0;
  readonly #free: Buffer[] = [];

  constructor(private readonly limits: { readonly size: number; readonly max: number; readonly maxFree: number }) {}

  borrow(): Buffer | undefined {
    if (this.lent >= this.limits.max) {
      return undefined;
    }
    this.lent += 1;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.limits.size);
  }

  giveBack(buffer: Buffer): void {
    this.lent -= 1;
    if (this.#free.length < this.limits.maxFree) {
      this.#free.push(buffer);
    }
  }
}
