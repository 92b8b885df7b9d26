import pLimit, { type LimitFunction } from 'p-limit';
import { ReviewUnavailableError } from './kube.errors';

export interface ReviewGateOptions {
  /** Reviews in flight at the same time; default 20, so that a crowd of new clients does not flood the API server. */
  readonly concurrency?: number;
  /** Reviews that wait for their turn; default 1,000. Beyond, the answer is "unavailable" at once. */
  readonly maxWaiting?: number;
}

/** Limits the reviews in flight. */
export class ReviewGate {
  readonly #limit: LimitFunction;

  constructor(private readonly options: ReviewGateOptions) {
    this.#limit = pLimit(options.concurrency ?? 20);
  }

  /** @throws ReviewUnavailableError when too many wait, and what the review throws */
  async run<R>(review: () => Promise<R>): Promise<R> {
    if (this.#limit.pendingCount >= (this.options.maxWaiting ?? 1_000)) {
      throw new ReviewUnavailableError('Too many reviews are waiting for the API server');
    }
    return this.#limit(review);
  }
}
