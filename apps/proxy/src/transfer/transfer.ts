/** Why a transfer was ended before its end. */
export type CancelReason =
  /** The client closed its connection. */
  | 'client-aborted'
  /** No byte moved for the idle limit, and it was the upstream's turn. */
  | 'upstream-silent'
  /** No byte moved for the idle limit, and it was the client's turn. */
  | 'client-silent'
  /** The grace of the shutdown is over. */
  | 'shutdown';

/** The reason of an aborted {@link Transfer.signal}. */
export class TransferCancelled extends Error {
  override readonly name = 'TransferCancelled';

  constructor(readonly reason: CancelReason) {
    super(`the transfer was ended: ${reason}`);
  }
}

type CancelListener = (reason: TransferCancelled) => void;

/** What moves for one request, in both directions; it is counted, and cut when nothing moves any more. */
export class Transfer {
  bytesIn = 0;
  bytesOut = 0;
  /** For {@link Transfers}: where it stands in their list. */
  place = -1;
  #cancelled?: TransferCancelled;
  /** Made only for those who need a signal: it costs more than all the rest of a transfer. */
  #controller?: AbortController;
  readonly #cancelListeners: CancelListener[] = [];
  #movedAt: number;
  #clientsTurn: () => boolean = () => false;
  #whenIdle?: () => void;
  #endings: (() => void)[] = [];
  #ended = false;

  /** @param passed is told of each piece of a body, in bytes, whichever way it goes */
  constructor(
    private readonly now: () => number,
    private readonly passed: (bytes: number) => void = () => undefined,
  ) {
    this.#movedAt = now();
  }

  /** Present once the transfer was cancelled. */
  get cancelled(): TransferCancelled | undefined {
    return this.#cancelled;
  }

  /** Aborted with a {@link TransferCancelled}. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancelled !== undefined) this.#controller.abort(this.#cancelled);
    return this.#controller.signal;
  }

  /**
   * Has the listener told when the transfer is cancelled, at once when it was. One for each request upstream: the rest of an
   * answer that nobody wanted may still be coming while the next request is on its way.
   */
  onCancel(listener: CancelListener): void {
    if (this.#cancelled !== undefined) listener(this.#cancelled);
    else this.#cancelListeners.push(listener);
  }

  /** Takes back {@link onCancel}. */
  offCancel(listener: CancelListener): void {
    const index = this.#cancelListeners.indexOf(listener);
    if (index >= 0) this.#cancelListeners.splice(index, 1);
  }

  /** Milliseconds since something moved. */
  get idleMs(): number {
    return this.now() - this.#movedAt;
  }

  moved(): void {
    this.#movedAt = this.now();
  }

  received(bytes: number): void {
    this.bytesIn += bytes;
    this.#movedAt = this.now();
    this.passed(bytes);
  }

  sent(bytes: number): void {
    this.bytesOut += bytes;
    this.#movedAt = this.now();
    this.passed(bytes);
  }

  /** Sets who is to blame for silence: true from `clientsTurn` means that we wait for the client to send or to read. */
  blame(clientsTurn: () => boolean): void {
    this.#clientsTurn = clientsTurn;
  }

  /** Has somebody else decided what it means that nothing moves here any more; asked once. */
  whenIdle(decide: () => void): void {
    this.#whenIdle = decide;
  }

  cancel(reason: CancelReason): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = new TransferCancelled(reason);
    this.#controller?.abort(this.#cancelled);
    for (const listener of this.#cancelListeners.splice(0)) listener(this.#cancelled);
  }

  /** Has something done when the transfer ends, in whatever way: the last one first; at once when it has ended. */
  atEnd(action: () => void): void {
    if (this.#ended) action();
    else this.#endings.push(action);
  }

  /** For {@link Transfers}: runs what {@link atEnd} was told, once. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const endings = this.#endings.reverse();
    for (const action of endings) action();
  }

  /** For {@link Transfers}: nothing moved for the idle limit. */
  cancelIdle(): void {
    if (this.#whenIdle) {
      this.#whenIdle();
      // From here on it is not looked at any more.
      this.#movedAt = Infinity;
      return;
    }
    this.cancel(this.#clientsTurn() ? 'client-silent' : 'upstream-silent');
  }
}
