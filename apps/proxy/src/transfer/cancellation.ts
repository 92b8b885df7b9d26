/** Why a transfer was ended before its end. */
export type CancelReason =
  /** The client closed its connection. */
  | 'client-aborted'
  /** No byte moved for the idle limit, and it was the upstream's turn. */
  | 'upstream-silent'
  /** No byte moved for the idle limit, and it was the client's turn. */
  | 'client-silent'
  /** No byte moved for the idle limit on a connection where nobody has to send. */
  | 'idle'
  /** The client may not have any more what it has. */
  | 'permission-ended'
  /** The grace of the shutdown is over. */
  | 'shutdown';

/** The reason of an aborted {@link Cancellation.signal}. */
export class TransferCancelled extends Error {
  override readonly name = 'TransferCancelled';

  constructor(readonly reason: CancelReason) {
    super(`the transfer was ended: ${reason}`);
  }
}

export type CancelListener = (reason: TransferCancelled) => void;

/** Ends something before its end, once, for all who listen. */
export class Cancellation {
  #cancelled?: TransferCancelled;
  /** Made only for those who need a signal: it costs more than all the rest of a transfer. */
  #controller?: AbortController;
  readonly #listeners: CancelListener[] = [];

  /** Present once it was cancelled. */
  get cancelled(): TransferCancelled | undefined {
    return this.#cancelled;
  }

  /** Aborted with a {@link TransferCancelled}. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancelled !== undefined) {
      this.#controller.abort(this.#cancelled);
    }
    return this.#controller.signal;
  }

  /** Calls the listener when it is cancelled; immediately if it already was. */
  on(listener: CancelListener): void {
    if (this.#cancelled !== undefined) {
      listener(this.#cancelled);
    } else {
      this.#listeners.push(listener);
    }
  }

  /** Takes back {@link on}. */
  off(listener: CancelListener): void {
    const index = this.#listeners.indexOf(listener);
    if (index >= 0) {
      this.#listeners.splice(index, 1);
    }
  }

  /** The first reason counts. */
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
