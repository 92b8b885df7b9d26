import { type Clock, systemClock } from '@oci-connector/clock';
import { SharedCache } from '@oci-connector/limits';
import { KubeUnreachableError, ReviewUnavailableError } from './kube.errors';
import { Reachability } from './reachability';
import { ReviewGate, type ReviewGateOptions } from './review-gate';

/** The longest use of a positive answer without another review (C12): as long as the API server itself caches tokens. */
const MAX_POSITIVE_TTL_MS = 10_000;

/** After this share of its lifetime, a positive answer in use is renewed in the background, so that an active client never waits for reviews. */
const RENEWAL = 0.8;

/** The longest use of a positive answer after its last confirmation, while the API server cannot be reached. */
const MAX_STALE_MS = 5 * 60_000;

/** A review with a positive answer within this time has priority over reviews of unknown clients. In milliseconds. */
const CONFIRMED_MS = 60 * 60_000;

/** The limit for the positive answers, and for the negative ones. An identity takes 1 KiB, or more with hundreds of groups. */
const MAX_BYTES = 32 * 1024 * 1024;

/** The memory of a negative answer: an error with its stack. In bytes. */
const NEGATIVE_BYTES = 2 * 1024;

/** The source of an answer: the cache, the API server, an older answer because the API server cannot be reached, or none. */
export type ReviewOutcome = 'hit' | 'miss' | 'stale' | 'error';

export interface ReviewOptions extends ReviewGateOptions {
  readonly clock?: Clock;
  /** Shared with other callers of the same API server. Default: an own one. */
  readonly reachability?: Reachability;
  /** The most cached answers of each kind, positive and negative; default 10,000. */
  readonly cacheSize?: number;
  /** Milliseconds for which a positive answer is used; default, and at most, 10,000. */
  readonly positiveTtlMs?: number;
  /** Milliseconds for which a negative answer is used; default 3,000: a client that was just given a permission tries again immediately. */
  readonly negativeTtlMs?: number;
  /** Milliseconds for one review; default 5,000. */
  readonly timeoutMs?: number;
  readonly onReview?: (kind: 'token' | 'access', outcome: ReviewOutcome) => void;
}

/** An answer of the API server. A negative answer may ask not to be reused; the cache still remembers that it was given. */
export type Verdict<Yes, No> = Positive<Yes> | Negative<No>;

interface Positive<Yes> {
  readonly positive: true;
  readonly value: Yes;
}

interface Negative<No> {
  readonly positive: false;
  readonly value: No;
  readonly uncached?: boolean;
}

export interface ReviewRequest<Yes, No> {
  readonly key: string;
  /** The owner of the review. Owners share places and memory. */
  readonly owner: string;
  /** Does not wait behind unknown clients, although no positive answer is cached. */
  readonly preferred?: boolean;
  /** Asks the API server. Every error means "no answer". */
  readonly ask: () => Promise<Verdict<Yes, No>>;
  /** The time after which no positive answer is used in an outage: the token's expiry, in milliseconds since the epoch. */
  readonly notAfter?: number;
}

/** A cached positive answer. */
interface Confirmed<Yes> {
  readonly verdict: Positive<Yes>;
  readonly confirmedAt: number;
  readonly owner: string;
  /** A renewal was started. When it fails, the next review after the answer has expired asks again. */
  renewed?: true;
}

/**
 * Caches reviews. The rules are the same for tokens and for permissions:
 * - Positive answers are cached for at most ten seconds, negative ones for a shorter time, errors never (C10).
 * - Equal reviews in flight are sent once.
 * - A positive answer that is used shortly before it expires is renewed in the background.
 * - Only while the API server cannot be reached, a positive answer is used for at most five minutes after its last confirmation. Nobody
 *   can revoke a permission during that time either.
 */
export class ReviewCache<Yes extends object, No extends object> {
  readonly #clock: Clock;
  readonly #gate: ReviewGate;
  readonly #reachability: Reachability;
  readonly #positive: SharedCache<Confirmed<Yes>>;
  readonly #negative: SharedCache<{ readonly verdict: Negative<No>; readonly at: number }>;
  readonly #inFlight = new Map<string, Promise<Verdict<Yes, No>>>();

  /** @param bytesOf returns the memory of a positive answer, in bytes */
  constructor(
    private readonly kind: 'token' | 'access',
    private readonly options: ReviewOptions,
    private readonly bytesOf: (value: Yes) => number,
  ) {
    this.#clock = options.clock ?? systemClock;
    this.#gate = new ReviewGate(options);
    this.#reachability = options.reachability ?? new Reachability(this.#clock);
    const limits = { maxEntries: options.cacheSize ?? 10_000, maxBytes: MAX_BYTES };
    this.#positive = new SharedCache(limits);
    this.#negative = new SharedCache(limits);
  }

  /**
   * Returns a cached positive answer that is still valid, also by `isUsable`. Works like {@link review}, but without a promise.
   *
   * @param request makes the request for {@link review} when the answer is due for renewal; the owner of the first review is kept
   */
  peek(key: string, request: () => ReviewRequest<Yes, No>, isUsable: (value: Yes) => boolean = () => true): Yes | undefined {
    const yes = this.#freshYes(key);
    if (yes === undefined || !isUsable(yes.verdict.value)) {
      return undefined;
    }
    this.options.onReview?.(this.kind, 'hit');
    this.#renewInTime(yes, request);
    return yes.verdict.value;
  }

  /**
   * Returns the cached answer, or asks the API server.
   *
   * @throws ReviewUnavailableError when there is no answer
   */
  async review(request: ReviewRequest<Yes, No>): Promise<Verdict<Yes, No>> {
    const known = this.known(request.key);
    if (known === undefined) {
      return this.#answered(request);
    }
    const yes = this.#freshYes(request.key);
    if (yes !== undefined) {
      this.#renewInTime(yes, () => request);
    }
    return known;
  }

  /** Returns the API server's answer. Concurrent callers share one request. */
  #answered(request: ReviewRequest<Yes, No>): Promise<Verdict<Yes, No>> {
    let flight = this.#inFlight.get(request.key);
    if (flight === undefined) {
      flight = this.#ask(request).finally(() => this.#inFlight.delete(request.key));
      this.#inFlight.set(request.key, flight);
    }
    return flight;
  }

  #renewInTime(yes: Confirmed<Yes>, request: () => ReviewRequest<Yes, No>): void {
    if (yes.renewed === true || this.#clock.monotonic() - yes.confirmedAt < RENEWAL * this.#positiveTtlMs) {
      return;
    }
    yes.renewed = true;
    void this.#renew(yes.owner, request);
  }

  async #renew(owner: string, request: () => ReviewRequest<Yes, No>): Promise<void> {
    try {
      await this.#answered({ ...request(), owner });
    } catch {
      // No caller waits for this. The first caller after the answer has expired asks again and gets the error.
    }
  }

  /** Returns a cached answer that is still valid, positive or negative. */
  known(key: string): Verdict<Yes, No> | undefined {
    const known = this.#fresh(key);
    if (known !== undefined) {
      this.options.onReview?.(this.kind, 'hit');
    }
    return known;
  }

  #fresh(key: string): Verdict<Yes, No> | undefined {
    const yes = this.#freshYes(key);
    if (yes !== undefined) {
      return yes.verdict;
    }
    const no = this.#negative.get(key);
    const ttl = no?.verdict.uncached === true ? 0 : (this.options.negativeTtlMs ?? 3_000);
    return no !== undefined && this.#clock.monotonic() - no.at < ttl ? no.verdict : undefined;
  }

  #freshYes(key: string): Confirmed<Yes> | undefined {
    const yes = this.#positive.get(key);
    return yes !== undefined && this.#clock.monotonic() - yes.confirmedAt < this.#positiveTtlMs ? yes : undefined;
  }

  get #positiveTtlMs(): number {
    return Math.min(this.options.positiveTtlMs ?? Infinity, MAX_POSITIVE_TTL_MS);
  }

  async #ask(request: ReviewRequest<Yes, No>): Promise<Verdict<Yes, No>> {
    const older = this.#reachability.outage && this.#fallback(request);
    if (older !== undefined) {
      this.#reachability.meanwhile(this.kind, () => this.#confirm(request));
      this.options.onReview?.(this.kind, 'stale');
      return older;
    }
    try {
      const turn = { owner: request.owner, preferred: request.preferred === true || this.#wasConfirmed(request.key) };
      const verdict = await this.#gate.run(turn, () => this.#confirm(request));
      this.options.onReview?.(this.kind, 'miss');
      return verdict;
    } catch (error) {
      return this.#olderAnswer(request, error);
    }
  }

  async #confirm(request: ReviewRequest<Yes, No>): Promise<Verdict<Yes, No>> {
    // The API server may have decided at any time after the request was sent, so the age counts from then.
    const askedAt = this.#clock.monotonic();
    const verdict = await this.#reachability.observed(request.ask);
    this.#remember(request, verdict, askedAt);
    return verdict;
  }

  #olderAnswer(request: ReviewRequest<Yes, No>, error: unknown): Positive<Yes> {
    const isOutage = error instanceof KubeUnreachableError && this.#reachability.outage !== undefined;
    const older = isOutage ? this.#fallback(request) : undefined;
    this.options.onReview?.(this.kind, older === undefined ? 'error' : 'stale');
    if (older === undefined) {
      throw asUnavailable(error);
    }
    return older;
  }

  #fallback({ key, notAfter = Infinity }: ReviewRequest<Yes, No>): Positive<Yes> | undefined {
    const yes = this.#positive.peek(key);
    const usable = yes !== undefined && this.#clock.monotonic() - yes.confirmedAt <= MAX_STALE_MS && this.#clock.now() < notAfter;
    return usable ? yes.verdict : undefined;
  }

  #wasConfirmed(key: string): boolean {
    const yes = this.#positive.peek(key);
    return yes !== undefined && this.#clock.monotonic() - yes.confirmedAt < CONFIRMED_MS;
  }

  #remember({ key, owner }: ReviewRequest<Yes, No>, verdict: Verdict<Yes, No>, askedAt: number): void {
    // In an outage two requests with the same key may be in flight. The later request counts, in whatever order they are answered.
    if (askedAt < Math.max(this.#positive.peek(key)?.confirmedAt ?? -Infinity, this.#negative.peek(key)?.at ?? -Infinity)) {
      return;
    }
    if (verdict.positive) {
      this.#positive.set(key, { verdict, confirmedAt: askedAt, owner }, { owner, bytes: this.bytesOf(verdict.value) });
      this.#negative.delete(key);
      return;
    }
    this.#positive.delete(key);
    this.#negative.set(key, { verdict, at: askedAt }, { owner, bytes: NEGATIVE_BYTES });
  }
}

function asUnavailable(error: unknown): ReviewUnavailableError {
  if (error instanceof ReviewUnavailableError) {
    return error;
  }
  return new ReviewUnavailableError('The API server gave no answer to a review', { cause: error });
}
