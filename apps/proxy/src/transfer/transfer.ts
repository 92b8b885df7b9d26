import { type IncomingMessage } from 'node:http';
import { Cancellation, type CancelListener, type CancelReason, type TransferCancelled } from './cancellation';
import { EndHooks } from './end-hooks';
import { IdleClock } from './idle-clock';

/** The data of one request and its response. It counts the bytes, and is cancelled when nothing moves. */
export class Transfer {
  bytesIn = 0;
  bytesOut = 0;
  /** For {@link Transfers}: the index in its list. */
  index = -1;
  readonly #cancellation = new Cancellation();
  readonly #end = new EndHooks();
  readonly #idle: IdleClock;

  /**
   * @param now monotonic, in milliseconds
   * @param passed called with the size of each piece of a body that has a buffer of its own, in bytes, in either direction
   */
  constructor(
    now: () => number,
    private readonly passed: (bytes: number) => void = () => undefined,
  ) {
    this.#idle = new IdleClock(now);
  }

  /** Present once the transfer is cancelled. */
  get cancelled(): TransferCancelled | undefined {
    return this.#cancellation.cancelled;
  }

  /** Aborts with a {@link TransferCancelled}. */
  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }

  /**
   * Calls the listener when the transfer is cancelled; immediately if it already was. Each upstream request adds its own listener: the rest
   * of a discarded response may still arrive during the next request.
   */
  onCancel(listener: CancelListener): void {
    this.#cancellation.on(listener);
  }

  /** Removes a listener that {@link onCancel} added. */
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
    this.receivedLent(bytes);
    this.copied(bytes);
  }

  /** Counts bytes that were read into a buffer that is used again: no memory waits to be collected. */
  receivedLent(bytes: number): void {
    this.bytesIn += bytes;
    this.#idle.moved();
  }

  sent(bytes: number): void {
    this.sentLent(bytes);
    this.copied(bytes);
  }

  /** Counts the memory of a piece that waits to be collected. */
  copied(bytes: number): void {
    this.passed(bytes);
  }

  /** Counts bytes that were sent from a buffer that is used again: no memory waits to be collected. */
  sentLent(bytes: number): void {
    this.bytesOut += bytes;
    this.#idle.moved();
  }

  /** Sets the rule that decides who is to blame: `clientsTurn` returns true while the proxy waits for the client to send or to read. */
  blame(clientsTurn: () => boolean): void {
    this.#idle.blame(clientsTurn);
  }

  /**
   * Sets the rule for a request: while its body flows, silence is the client's fault; while the body is paused or complete, the upstream's.
   *
   * @param request undefined: without a body
   */
  blameSenderOf(request: Pick<IncomingMessage, 'readableEnded' | 'readableFlowing'> | undefined): void {
    this.blame(() => request?.readableEnded === false && request.readableFlowing === true);
  }

  /** Sets a function that is called at the idle limit instead of cancelling the transfer. */
  whenIdle(decide: () => void): void {
    this.#idle.whenIdle(decide);
  }

  /** Calls the action when the transfer ends, whether it succeeds or fails; in reverse order; immediately if it has already ended. */
  atEnd(action: () => void): void {
    this.#end.add(action);
  }

  /** For {@link Transfers}: runs the actions of {@link atEnd}, once. */
  end(): void {
    this.#end.run();
  }

  /** For {@link Transfers}: handles that nothing moved for the idle limit. */
  cancelIdle(): void {
    const blamed = this.#idle.expire();
    if (blamed) {
      this.cancel(blamed);
    }
  }
}
