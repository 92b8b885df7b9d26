import { type Clock } from '@oci-connector/clock';
import { KubeUnreachableError } from './kube.errors';
import { type KubeClient } from './kube-client';

/** Pause between two tries to reach an API server that did not answer. In milliseconds. */
const PROBE_INTERVAL_MS = 1_000;

/** When nobody has relied on an outage for so long, it is forgotten rather than watched. In milliseconds. */
const INTEREST_MS = 10_000;

/** A question that every API server answers at once, and everybody's; another kind of call may hang alone, as one that needs a webhook. */
const PROBE_PATH = '/version';
const PROBE_TIMEOUT_MS = 2_000;
const PROBE_BYTES = 64 * 1024;

/**
 * Whether the API server can be reached. Shared by all that may fall back on an older answer, so that one of them waits for a
 * timeout and the others use what they have at once. During an outage the call that found it is repeated in the background, so
 * that the finding is never older than a pause and one timeout; any answer to any call ends it. One call without an answer is no outage
 * yet: the server is asked something simple first.
 */
export class Reachability {
  #outage?: KubeUnreachableError;
  #answeredAt = -Infinity;
  #reliedOnAt = -Infinity;
  #watching = false;
  /** When {@link meanwhile} may try again, by kind of call. */
  readonly #nextTry = new Map<string, number>();
  #probing?: Promise<void>;

  /** @param probe a simple call, which tells an outage from a call that hangs alone; absent: every call tells it */
  constructor(
    private readonly clock: Pick<Clock, 'monotonic' | 'setTimeout'>,
    private readonly probe?: () => Promise<unknown>,
  ) {}

  /** Of the API server of a client. */
  static of(client: Pick<KubeClient, 'readPath'>, clock: Pick<Clock, 'monotonic' | 'setTimeout'>): Reachability {
    return new Reachability(clock, () => client.readPath(PROBE_PATH, { maxBytes: PROBE_BYTES, timeoutMs: PROBE_TIMEOUT_MS }));
  }

  /** Why the API server cannot be reached; undefined when it can be, as far as is known. */
  get outage(): KubeUnreachableError | undefined {
    this.#reliedOnAt = this.clock.monotonic();
    return this.#outage;
  }

  /** Makes a call and learns from it. It may be repeated, so it must change nothing. Throws what the call throws. */
  async observed<R>(call: () => Promise<R>): Promise<R> {
    const startedAt = this.clock.monotonic();
    try {
      const result = await call();
      this.#answered();
      return result;
    } catch (error) {
      if (!(error instanceof KubeUnreachableError)) {
        this.#answered();
      }
      // A call that began before the last answer says nothing new.
      else if (startedAt >= this.#answeredAt) {
        await this.#unanswered(error, call);
      }
      throw error;
    }
  }

  /**
   * Makes a call in the background while its older answer is used: that other kinds of calls get no answer need not be so for this
   * one. One of each kind at a time, a second apart. What comes of it is for the call itself to remember.
   */
  meanwhile(kind: string, call: () => Promise<unknown>): void {
    if (this.clock.monotonic() < (this.#nextTry.get(kind) ?? -Infinity)) {
      return;
    }
    this.#nextTry.set(kind, Infinity);
    void call()
      .catch(() => undefined)
      .finally(() => this.#nextTry.set(kind, this.clock.monotonic() + PROBE_INTERVAL_MS));
  }

  #answered(): void {
    this.#answeredAt = this.clock.monotonic();
    this.#outage = undefined;
  }

  async #unanswered(error: KubeUnreachableError, call: () => Promise<unknown>): Promise<void> {
    const { probe } = this;
    if (probe === undefined) {
      this.#begin(error, call);
    } else if (this.#outage === undefined) {
      await (this.#probing ??= this.#ask(probe).finally(() => (this.#probing = undefined)));
    }
  }

  /** Never rejects. */
  async #ask(probe: () => Promise<unknown>): Promise<void> {
    try {
      await probe();
      this.#answered();
    } catch (error) {
      if (error instanceof KubeUnreachableError) {
        this.#begin(error, probe);
      } else {
        this.#answered();
      }
    }
  }

  #begin(error: KubeUnreachableError, call: () => Promise<unknown>): void {
    this.#outage = error;
    if (!this.#watching) {
      void this.#watch(call);
    }
  }

  async #watch(call: () => Promise<unknown>): Promise<void> {
    this.#watching = true;
    while (this.#outage !== undefined) {
      await new Promise<void>((resolve) => this.clock.setTimeout(resolve, PROBE_INTERVAL_MS));
      if (this.clock.monotonic() - this.#reliedOnAt > INTEREST_MS) {
        this.#outage = undefined;
      }
      // What it finds is in `#outage`; nobody waits for the rest.
      if (this.#outage !== undefined) {
        await this.observed(call).catch(() => undefined);
      }
    }
    this.#watching = false;
  }
}
