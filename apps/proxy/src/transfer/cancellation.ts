/** Why a transfer was cancelled. */
export type CancelReason =
  /** The client closed its connection. */
  | 'client-aborted'
  /** No byte moved for the idle limit, while the proxy waited for the upstream. */
  | 'upstream-silent'
  /** No byte moved for the idle limit, while the proxy waited for the client. */
  | 'client-silent'
  /** No byte moved for the idle limit on a connection where neither side has to send. */
  | 'idle'
  /** The client's token or permission is no longer valid. */
  | 'permission-ended'
  /** A tunnel has reached its longest age. */
  | 'too-old'
  /** The grace period of the shutdown has expired. */
  | 'shutdown';

/** The error that describes a cancellation; also the reason of an aborted {@link Cancellation.signal}. */
export class TransferCancelled extends Error {
  override readonly name = 'TransferCancelled';

  constructor(readonly reason: CancelReason) {
    super(`the transfer was ended: ${reason}`);
  }
}

export type CancelListener = (reason: TransferCancelled) => void;

/** Cancels an operation once, and notifies all listeners. */
export class Cancellation {
  #cancelled?: TransferCancelled;
  /** Created only when a caller needs a signal: it costs more than the rest of a transfer. */
  #controller?: AbortController;
  readonly #listeners: CancelListener[] = [];

  /** Present once the operation is cancelled. */
  get cancelled(): TransferCancelled | undefined {
    return this.#cancelled;
  }

  /** Aborts with a {@link TransferCancelled}. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancelled !== undefined) {
      this.#controller.abort(this.#cancelled);
    }
    return this.#controller.signal;
  }

  /** Calls the listener on cancellation; immediately if the operation is already cancelled. */
  on(listener: CancelListener): void {
    if (this.#cancelled !== undefined) {
      listener(this.#cancelled);
    } else {
      this.#listeners.push(listener);
    }
  }

  /** Removes a listener that {@link on} added. */
  off(listener: CancelListener): void {
    const index = this.#listeners.indexOf(listener);
    if (index >= 0) {
      this.#listeners.splice(index, 1);
    }
  }

  /** Cancels the operation. Only the first call has an effect. */
  cancel(reason: CancelReason): void {
    if (this.#cancelled !== undefined) {
      return;
    }
    this.#cancelled = new TransferCancelled(reason);
    this.#controller?.abort(this.#cancelled);
    for (const listener of this.#listeners.splice(0)) {
      listener(this.#cancelled);
    }
  }
}
