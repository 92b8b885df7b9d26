import { type Clock } from '@oci-connector/clock';
import { KubeUnreachableError } from './kube.errors';
import { type KubeClient } from './kube-client';

/** Pause between two tries to reach an API server that did not respond. In milliseconds. */
const PROBE_INTERVAL_MS = 1_000;

/** When no caller has asked for the outage for this time, it is forgotten instead of watched. In milliseconds. */
const INTEREST_MS = 10_000;

/** A path that every API server serves immediately and to everybody. Other calls may hang alone, such as one that needs a webhook. */
const PROBE_PATH = '/version';
const PROBE_TIMEOUT_MS = 2_000;
const PROBE_BYTES = 64 * 1024;

/**
 * Knows whether the API server can be reached. All callers that may fall back on an older answer share it: one of them waits for a
 * timeout, and the others use their older answers immediately. During an outage the call that detected it is repeated in the
 * background, so that the state is never older than a pause and one timeout. Any response to any call ends the outage. One call without
 * a response is not yet an outage: a simple request checks the server first.
 */
export class Reachability {
  #outage?: KubeUnreachableError;
  #answeredAt = -Infinity;
  #reliedOnAt = -Infinity;
  #watching = false;
  /** By kind of call: the time from which {@link meanwhile} may try again. */
  readonly #nextTry = new Map<string, number>();
  #probing?: Promise<void>;

  /** @param probe a simple call that distinguishes an outage from a single hanging call; absent: every unanswered call is an outage */
  constructor(
    private readonly clock: Pick<Clock, 'monotonic' | 'setTimeout'>,
    private readonly probe?: () => Promise<unknown>,
  ) {}

  /** Creates the object for the API server of a client. */
  static of(client: Pick<KubeClient, 'readPath'>, clock: Pick<Clock, 'monotonic' | 'setTimeout'>): Reachability {
    return new Reachability(clock, () => client.readPath(PROBE_PATH, { maxBytes: PROBE_BYTES, timeoutMs: PROBE_TIMEOUT_MS }));
  }

  /** Why the API server cannot be reached; undefined when no outage is known. */
  get outage(): KubeUnreachableError | undefined {
    this.#reliedOnAt = this.clock.monotonic();
    return this.#outage;
  }

  /**
   * Makes a call and updates the state from its result. The call may be repeated, so it must change nothing.
   *
   * @throws the error of the call
   */
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
      // A failed call that began before the last response proves nothing.
      else if (startedAt >= this.#answeredAt) {
        await this.#unanswered(error, call);
      }
      throw error;
    }
  }

  /**
   * Makes a call in the background while its older answer is used, because this kind of call may succeed although others get no
   * response. Makes one call of each kind at a time, a second apart. The call itself must store its result.
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
      // The result is in `#outage`; no caller waits for this call.
      if (this.#outage !== undefined) {
        await this.observed(call).catch(() => undefined);
      }
    }
    this.#watching = false;
  }
}
