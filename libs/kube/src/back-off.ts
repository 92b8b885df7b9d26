export interface BackOffOptions {
  /** First delay, in milliseconds. */
  readonly initialMs: number;
  /** No delay is longer than this before jitter is added. */
  readonly maxMs: number;
  /** A number from 0 up to, not including, 1; `Math.random` by default. */
  readonly random?: () => number;
}

/**
 * Exponential back-off with jitter, so that callers that failed together do not retry together. The jitter only lengthens a delay (by up
 * to half), so no loop is faster than `initialMs`.
 */
export class BackOff {
  #failures = 0;
  readonly #random: () => number;

  constructor(private readonly options: BackOffOptions) {
    this.#random = options.random ?? Math.random;
  }

  /** Returns the delay before the next try, in milliseconds. Each call doubles it. */
  next(): number {
    const { initialMs, maxMs } = this.options;
    // 2^30 is larger than any maximum in use. Without this limit the power would become Infinity eventually.
    const delay = Math.min(maxMs, initialMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return delay * (1 + this.#random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
