import { Cancellation, type CancelListener, type CancelReason, type TransferCancelled } from './cancellation';
import { EndHooks } from './end-hooks';
import { IdleClock } from './idle-clock';

/** What moves for one request, in both directions; it is counted, and cut when nothing moves any more. */
export class Transfer {
  bytesIn = 0;
  bytesOut = 0;
  /** For {@link Transfers}: where it stands in their list. */
  place = -1;
  readonly #cancellation = new Cancellation();
  readonly #end = new EndHooks();
  readonly #idle: IdleClock;

  /** @param passed is told of each piece of a body, in bytes, whichever way it goes */
  constructor(
    now: () => number,
    private readonly passed: (bytes: number) => void = () => undefined,
  ) {
    this.#idle = new IdleClock(now);
  }

  /** Present once the transfer was cancelled. */
  get cancelled(): TransferCancelled | undefined {
    return this.#cancellation.cancelled;
  }

  /** Aborted with a {@link TransferCancelled}. */
  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }

  /**
   * Calls the listener when the transfer is cancelled; immediately if it already was. One for each request upstream: the rest of an
   * answer that nobody wanted may still be coming while the next request is on its way.
   */
  onCancel(listener: CancelListener): void {
    this.#cancellation.on(listener);
  }

  /** Takes back {@link onCancel}. */
  offCancel(listener: CancelListener): void {
    this.#cancellation.off(listener);
  }

  cancel(reason: CancelReason): void {
    this.#cancellation.cancel(reason);
  }

  /** Milliseconds since something moved. */
  get idleMs(): number {
    return this.#idle.idleMs;
  }

  moved(): void {
    this.#idle.moved();
  }

  received(bytes: number): void {
    this.bytesIn += bytes;
    this.#idle.moved();
    this.passed(bytes);
  }

  sent(bytes: number): void {
    this.bytesOut += bytes;
    this.#idle.moved();
    this.passed(bytes);
  }

  /** Sets who is to blame for silence: true from `clientsTurn` means that we wait for the client to send or to read. */
  blame(clientsTurn: () => boolean): void {
    this.#idle.blame(clientsTurn);
  }

  /** Lets somebody else decide what it means that nothing moves here any more. */
  whenIdle(decide: () => void): void {
    this.#idle.whenIdle(decide);
  }

  /** Calls the action when the transfer ends, in whatever way: the last one first; immediately when it has ended. */
  atEnd(action: () => void): void {
    this.#end.add(action);
  }

  /** For {@link Transfers}: runs what {@link atEnd} was told, once. */
  end(): void {
    this.#end.run();
  }

  /** For {@link Transfers}: nothing moved for the idle limit. */
  cancelIdle(): void {
    const blamed = this.#idle.expire();
    if (blamed) {
      this.cancel(blamed);
    }
  }
}
