import pLimit, { type LimitFunction } from 'p-limit';
import { type Clock } from './clock';
import { KubeUnreachableError, ReviewUnavailableError } from './kube.errors';

/** Where an answer came from: the cache, the API server, an older answer because the API server cannot be reached, or nowhere. */
export type ReviewOutcome = 'hit' | 'miss' | 'stale' | 'error';

export interface ReviewOptions {
  readonly clock?: Clock;
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

/** Pause between two tries to reach an API server that did not answer, as long as an older answer serves meanwhile. Milliseconds. */
const PROBE_INTERVAL_MS = 1_000;

/**
 * Limits the reviews in flight, and remembers that the API server could not be reached. While it cannot, one review at a time
 * finds out whether it is back; whoever has an older answer to fall back on is not made to wait for another timeout. The finding
 * is never older than one review's timeout and a second, and the first answer of any kind ends it.
 */
export class ReviewGate {
  private readonly limit: LimitFunction;
  private outage?: { readonly error: KubeUnreachableError; readonly at: number };
  private probing = false;

  constructor(
    private readonly clock: Clock,
    private readonly options: ReviewOptions,
  ) {
    this.limit = pLimit(options.concurrency ?? 20);
  }

  /**
   * Runs a review.
   *
   * @param hasFallback the caller has an older answer for the case that the API server cannot be reached
   * @throws KubeUnreachableError also without a try, only with a fallback and during an outage; ReviewUnavailableError when too many wait
   */
  async run<R>(review: () => Promise<R>, hasFallback: boolean): Promise<R> {
    if (hasFallback && this.outage !== undefined) {
      if (this.probing || this.clock.monotonic() - this.outage.at < PROBE_INTERVAL_MS) {
        throw this.outage.error;
      }
      this.probing = true;
      // Not behind the limit: those waiting there may be stuck on this very outage.
      return this.observed(review).finally(() => {
        this.probing = false;
      });
    }
    if (this.limit.pendingCount >= (this.options.maxWaiting ?? 1_000)) {
      throw new ReviewUnavailableError('Too many reviews are waiting for the API server');
    }
    return this.limit(() => this.observed(review));
  }

  private async observed<R>(review: () => Promise<R>): Promise<R> {
    try {
      const result = await review();
      this.outage = undefined;
      return result;
    } catch (error) {
      this.outage = error instanceof KubeUnreachableError ? { error, at: this.clock.monotonic() } : undefined;
      throw error;
    }
  }
}
