export interface BackOffOptions {
  /** First delay, in milliseconds. */
  readonly initialMs: number;
  /** No delay is longer than this before jitter is added. */
  readonly maxMs: number;
  /** A number from 0 up to, not including, 1; `Math.random` by default. */
  readonly random?: () => number;
}

/**
 * Exponential back-off with jitter, so that what failed together does not come back together. The jitter only ever lengthens (by up to half), so `initialMs` is a promise: nothing loops
 * faster than that.
 */
export class BackOff {
  #failures = 0;
  readonly #random: () => number;

  constructor(private readonly options: BackOffOptions) {
    this.#random = options.random ?? Math.random;
  }

  /** The delay before the next try, in milliseconds; each call doubles it. */
  next(): number {
    const { initialMs, maxMs } = this.options;
    // 2^30 is beyond any maximum in use; without the bound the power would become Infinity some day.
    const delay = Math.min(maxMs, initialMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return delay * (1 + this.#random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
