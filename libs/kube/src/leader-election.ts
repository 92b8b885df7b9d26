import { type Clock, sleep, systemClock, type Timer } from '@oci-connector/clock';
import { KubeApiError } from './kube.errors';
import { type KubeClient } from './kube-client';
import { type Lease, type LeaseSpec } from './kube-objects';
import { Leases } from './resource-type';

/** In milliseconds; the defaults are those of Kubernetes' own controllers. */
export interface LeaseTiming {
  /** A holder that has not renewed the lease for this time has lost it; default 15,000. */
  readonly leaseDurationMs: number;
  /** A holder that cannot renew for this time stops leading; default 10,000. Shorter than the lease, so that two never lead at the same time. */
  readonly renewDeadlineMs: number;
  /** Time between two tries to acquire or renew; default 2,000. */
  readonly retryPeriodMs: number;
}

export interface LeaderElectionOptions extends Partial<LeaseTiming> {
  readonly client: Pick<KubeClient, 'find' | 'create' | 'update'>;
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  /** Our identity. It must differ between replicas, and between two runs of the same replica. */
  readonly identity: string;
  /** Called for each failed try; the election continues. For logs. */
  readonly onError?: (error: unknown) => void;
  /** Called when the term begins (true) and when it has ended (false). For logs and metrics. */
  readonly onLeading?: (leading: boolean) => void;
  readonly clock?: Clock;
}

/** The work of a leader. It must end soon after the signal aborts, because another replica may lead then. */
export type Lead = (term: AbortSignal) => Promise<void>;

/**
 * Leader election by a Lease (coordination.k8s.io/v1). Clocks of different machines are never compared: our own clock measures the age
 * of another holder's lease, from the moment when we saw it change (as in client-go).
 */
export class LeaderElection {
  readonly #clock: Clock;
  readonly #timing: LeaseTiming;
  readonly #stopping = new AbortController();
  #running?: Promise<void>;
  #observed?: { readonly fingerprint: string; readonly at: number };
  #lease?: Lease;
  #leading = false;

  constructor(private readonly options: LeaderElectionOptions) {
    this.#clock = options.clock ?? systemClock;
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000 } = options;
    if (leaseDurationMs <= renewDeadlineMs || renewDeadlineMs <= retryPeriodMs) {
      throw new TypeError('A leader must retry before its renew deadline, and that must be before the lease ends');
    }
    this.#timing = { leaseDurationMs, renewDeadlineMs, retryPeriodMs };
  }

  get isLeader(): boolean {
    return this.#leading;
  }

  /** Tries to become the leader, calls `lead` for each term, and tries again when a term has ended. */
  start(lead: Lead): void {
    this.#running ??= this.#run(lead);
  }

  /** Ends the term, waits for the end of its work, and releases the lease so that a successor need not wait. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the leader election was stopped'));
    await this.#running;
  }

  async #run(lead: Lead): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const acquiredAt = this.#clock.monotonic();
      if (await this.#tried(() => this.#acquireOrRenew({ reading: signal }), signal)) {
        await (signal.aborted ? this.#giveBack() : this.#serveTerm(lead, acquiredAt));
      }
      await sleep(this.#clock, this.#timing.retryPeriodMs, signal);
    }
  }

  async #serveTerm(lead: Lead, acquiredAt: number): Promise<void> {
    const term = new Term(this.#clock, this.#timing.renewDeadlineMs);
    const endTerm = (): void => term.end(this.#stopping.signal.reason);
    this.#stopping.signal.addEventListener('abort', endTerm);
    term.renewed(acquiredAt);
    this.#setLeading(true);
    const work = (async () => lead(term.signal))().catch((error: unknown) => this.options.onError?.(error));
    const renewal = this.#keepRenewing(term);
    await work;
    // The lease is renewed until here, because work that is still ending must not overlap with that of another leader.
    term.workDone();
    await renewal;
    this.#stopping.signal.removeEventListener('abort', endTerm);
    this.#setLeading(false);
    if (!term.lost) {
      await this.#giveBack();
    }
  }

  async #keepRenewing(term: Term): Promise<void> {
    for (;;) {
      await sleep(this.#clock, this.#timing.retryPeriodMs, term.renewing);
      if (term.renewing.aborted) {
        return;
      }
      // Measured before the request, so that the lease is never older than assumed.
      const startedAt = this.#clock.monotonic();
      if (await this.#tried(() => this.#acquireOrRenew({ reading: term.renewing, writing: term.losing }), term.renewing)) {
        term.renewed(startedAt);
      } else if (this.#isHeldByAnother()) {
        term.lose('somebody else holds the lease');
      }
    }
  }

  /** Returns the result of a step, or false when it fails. An abort by `ending` is not reported as a failure. */
  async #tried(step: () => Promise<boolean>, ending?: AbortSignal): Promise<boolean> {
    try {
      return await step();
    } catch (error) {
      const raced = error instanceof KubeApiError && (error.isConflict || error.isAlreadyExists || error.isNotFound);
      if (raced) {
        // Our copy of the lease is out of date; the next try reads it again.
        this.#lease = undefined;
      } else if (!ending?.aborted || error !== ending.reason) {
        this.options.onError?.(error);
      }
      return false;
    }
  }

  /**
   * Returns true when we hold the lease afterwards. The holder writes immediately; others read first. A stop does not abort a write: the
   * server may have stored it, and only the response has the version that must be released.
   */
  async #acquireOrRenew({ reading, writing }: { reading: AbortSignal; writing?: AbortSignal }): Promise<boolean> {
    const timeoutMs = this.#timing.renewDeadlineMs / 2;
    const { namespace, name } = this.options;
    if (!this.#isHeldByUs()) {
      this.#lease = await this.options.client.find(Leases, { namespace, name }, { signal: reading, timeoutMs });
      this.#observe();
    }
    reading.throwIfAborted();
    const call = { signal: writing, timeoutMs };
    if (this.#lease === undefined) {
      this.#lease = await this.options.client.create(Leases, { metadata: { namespace, name }, spec: this.#ownSpec() }, call);
      return true;
    }
    if (this.#isHeldByAnother()) {
      return false;
    }
    this.#lease = await this.options.client.update(Leases, { ...this.#lease, spec: this.#ownSpec(this.#lease.spec) }, call);
    return true;
  }

  /** Tries twice, because a renewal without a response may have stored a newer version than ours. */
  async #giveBack(): Promise<void> {
    const isGiven = await this.#tried(() => this.#release());
    if (!isGiven && this.#lease === undefined) {
      await this.#tried(() => this.#release());
    }
  }

  async #release(): Promise<boolean> {
    const { namespace, name } = this.options;
    this.#lease ??= await this.options.client.find(Leases, { namespace, name }, { timeoutMs: this.#timing.renewDeadlineMs / 2 });
    if (this.#lease === undefined || !this.#isHeldByUs()) {
      return false;
    }
    // The holder is absent, not empty: newer API servers refuse an empty holder.
    const spec = { ...this.#ownSpec(this.#lease.spec), holderIdentity: undefined, leaseDurationSeconds: 1 };
    await this.options.client.update(Leases, { ...this.#lease, spec }, { timeoutMs: this.#timing.renewDeadlineMs / 2 });
    this.#lease = undefined;
    return true;
  }

  #observe(): void {
    const fingerprint = JSON.stringify(this.#lease?.spec ?? {});
    if (this.#observed?.fingerprint !== fingerprint) {
      this.#observed = { fingerprint, at: this.#clock.monotonic() };
    }
  }

  #isHeldByUs(): boolean {
    return this.#lease?.spec?.holderIdentity === this.options.identity;
  }

  #isHeldByAnother(): boolean {
    const spec = this.#lease?.spec;
    if (!spec?.holderIdentity || spec.holderIdentity === this.options.identity || this.#observed === undefined) {
      return false;
    }
    const durationMs = spec.leaseDurationSeconds === undefined ? this.#timing.leaseDurationMs : spec.leaseDurationSeconds * 1000;
    return this.#clock.monotonic() - this.#observed.at < durationMs;
  }

  #ownSpec(previous?: LeaseSpec): LeaseSpec {
    const { identity } = this.options;
    const now = microTime(this.#clock.now());
    const ours = previous?.holderIdentity === identity;
    const transitions = previous?.leaseTransitions ?? 0;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#timing.leaseDurationMs / 1000),
      acquireTime: ours ? previous.acquireTime : now,
      renewTime: now,
      leaseTransitions: previous === undefined || ours ? transitions : transitions + 1,
    };
  }

  #setLeading(leading: boolean): void {
    this.#leading = leading;
    this.options.onLeading?.(leading);
  }
}

/** One term. It ends by a stop or by the loss of the lease. After a stop, the lease is renewed until the work has ended. */
class Term {
  readonly #ending = new AbortController();
  readonly #renewalEnd = new AbortController();
  readonly #loss = new AbortController();
  #deadline?: Timer;
  lost = false;

  constructor(
    private readonly clock: Clock,
    private readonly renewDeadlineMs: number,
  ) {}

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Aborts when the lease is lost. Writes of the lease use this signal. */
  get losing(): AbortSignal {
    return this.#loss.signal;
  }

  get renewing(): AbortSignal {
    return this.#renewalEnd.signal;
  }

  /** Restarts the deadline. It has its own timer, so that the term ends with the lease even when a renewal hangs. */
  renewed(at: number): void {
    this.#deadline?.cancel();
    if (this.renewing.aborted) {
      return;
    }
    const left = at + this.renewDeadlineMs - this.clock.monotonic();
    this.#deadline = this.clock.setTimeout(() => this.lose('the lease could not be renewed in time'), Math.max(0, left));
  }

  end(reason: unknown): void {
    this.#ending.abort(reason);
  }

  lose(why: string): void {
    const reason = new Error(`No longer the leader: ${why}`);
    this.lost = true;
    this.end(reason);
    this.#loss.abort(reason);
    this.workDone();
  }

  workDone(): void {
    this.#deadline?.cancel();
    this.#renewalEnd.abort(new Error('the term is over'));
  }
}

/** Formats a time as the API's MicroTime: RFC 3339 with microseconds. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
