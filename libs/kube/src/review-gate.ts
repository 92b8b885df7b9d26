import { type Clock } from '@oci-connector/clock';
import pLimit, { type LimitFunction } from 'p-limit';
import { ReviewUnavailableError } from './kube.errors';
import { type Reachability } from './reachability';

/** Where an answer came from: the cache, the API server, an older answer because the API server cannot be reached, or nowhere. */
export type ReviewOutcome = 'hit' | 'miss' | 'stale' | 'error';

export interface ReviewOptions {
  readonly clock?: Clock;
  /** Shared with others that ask the same API server; its own when absent. */
  readonly reachability?: Reachability;
  /** Answers remembered of each kind, positive and negative; default 10,000. */
  readonly cacheSize?: number;
  /** Milliseconds for which a positive answer is used; default, and at most, 10,000. */
  readonly positiveTtlMs?: number;
  /** Milliseconds for which a negative answer is used; default 3,000: whoever was just given a permission tries again at once. */
  readonly negativeTtlMs?: number;
  /** Milliseconds for one review; default 5,000. */
  readonly timeoutMs?: number;
  /** Reviews in flight at the same time; default 20, so that a crowd of new clients does not flood the API server. */
  readonly concurrency?: number;
  /** Reviews that wait for their turn; default 1,000. Beyond, the answer is "unavailable" at once. */
  readonly maxWaiting?: number;
  readonly onReview?: (kind: 'token' | 'access', outcome: ReviewOutcome) => void;
}

/** Limits the reviews in flight. */
export class ReviewGate {
  readonly #limit: LimitFunction;

  constructor(private readonly options: Pick<ReviewOptions, 'concurrency' | 'maxWaiting'>) {
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
