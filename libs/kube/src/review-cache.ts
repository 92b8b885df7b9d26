import { type Clock, systemClock } from '@oci-connector/clock';
import { SharedCache } from '@oci-connector/limits';
import { KubeUnreachableError, ReviewUnavailableError } from './kube.errors';
import { Reachability } from './reachability';
import { ReviewGate, type ReviewGateOptions } from './review-gate';

/** Longest use of a positive answer without asking again (C12): what the API server itself does with tokens. */
const MAX_POSITIVE_TTL_MS = 10_000;

/** A positive answer in use is asked for again at this part of its time, in the background: a client that goes on never waits for reviews. */
const RENEWAL = 0.8;

/** Longest use of a positive answer after its last confirmation while the API server cannot be reached. */
const MAX_STALE_MS = 5 * 60_000;

/** A question that was answered yes within this time is preferred to those of strangers. In milliseconds. */
const CONFIRMED_MS = 60 * 60_000;

/** Of the positive answers, and of the negative ones. An identity takes 1 KiB; one with hundreds of groups, more. */
const MAX_BYTES = 32 * 1024 * 1024;

/** What a negative answer keeps in memory: an error with its stack. In bytes. */
const NEGATIVE_BYTES = 2 * 1024;

/** Where an answer came from: the cache, the API server, an older answer because the API server cannot be reached, or nowhere. */
export type ReviewOutcome = 'hit' | 'miss' | 'stale' | 'error';

export interface ReviewOptions extends ReviewGateOptions {
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
  readonly onReview?: (kind: 'token' | 'access', outcome: ReviewOutcome) => void;
}

/** An answer of the API server. A negative one may ask not to be given again; that it was given is remembered all the same. */
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
  /** Who asks; shares places and memory with others. */
  readonly owner: string;
  /** Does not wait behind strangers, although no yes is remembered. */
  readonly preferred?: boolean;
  /** Asks the API server. Every error it throws means "no answer". */
  readonly ask: () => Promise<Verdict<Yes, No>>;
  /** Wall clock in milliseconds after which no positive answer is used in an outage; the token's expiry. */
  readonly notAfter?: number;
}

/** A positive answer that is remembered. */
interface Confirmed<Yes> {
  readonly verdict: Positive<Yes>;
  readonly confirmedAt: number;
  readonly owner: string;
  /** It was asked for again; when that fails, the next question finds out. */
  renewed?: true;
}

/**
 * The rules by which reviews are remembered, the same for tokens and for permissions:
 * positive answers for at most ten seconds, negative ones shorter, errors never (C10); equal questions in flight are asked once;
 * a positive answer that is used shortly before its time is over is asked for again meanwhile;
 * while, and only while, the API server cannot be reached, a positive answer serves on for at most five minutes after its last
 * confirmation, because nobody can revoke anything then either.
 */
export class ReviewCache<Yes extends object, No extends object> {
  readonly #clock: Clock;
  readonly #gate: ReviewGate;
  readonly #reachability: Reachability;
  readonly #positive: SharedCache<Confirmed<Yes>>;
  readonly #negative: SharedCache<{ readonly verdict: Negative<No>; readonly at: number }>;
  readonly #inFlight = new Map<string, Promise<Verdict<Yes, No>>>();

  /** @param bytesOf what a positive answer keeps in memory, in bytes */
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
   * A yes that is remembered and may still be used, also in the caller's eyes; the way through {@link review} without a promise.
   *
   * @param request what {@link review} would be given, when the yes is to be asked for again; for the owner who asked first
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

  /** @throws ReviewUnavailableError when there is no answer */
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

  /** The API server's answer, for all that ask meanwhile. */
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
      // Nobody waits for this. Who asks when the answer's time is over, asks again and is told what is wrong.
    }
  }

  /** An answer that is remembered and may still be used, whatever it is. */
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
    // The answer may be of any moment after the question; its age counts from there.
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
    // In an outage two questions about the same may be under way; the later one counts, in whatever order they are answered.
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
