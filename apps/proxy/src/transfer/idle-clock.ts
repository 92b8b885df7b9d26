/** Measures how long nothing has moved, and decides whether the client or the upstream is to blame. */
export class IdleClock {
  /** In milliseconds. Absent while the clock is stopped: it starts again when something moves. */
  #movedAt?: number;
  #clientsTurn: () => boolean = () => false;
  #decide?: () => void;

  constructor(private readonly now: () => number) {
    this.#movedAt = now();
  }

  /** Milliseconds since something moved; 0 while the clock is stopped. */
  get idleMs(): number {
    return this.#movedAt === undefined ? 0 : this.now() - this.#movedAt;
  }

  moved(): void {
    this.#movedAt = this.now();
  }

  /** Sets the rule that decides who is to blame: `clientsTurn` returns true while the proxy waits for the client to send or to read. */
  blame(clientsTurn: () => boolean): void {
    this.#clientsTurn = clientsTurn;
  }

  /** Sets a function that {@link expire} calls instead of blaming a side. */
  whenIdle(decide: () => void): void {
    this.#decide = decide;
  }

  /**
   * Handles that nothing moved for the idle limit.
   *
   * @returns who is to blame; undefined when the function of {@link whenIdle} decides
   */
  expire(): 'client-silent' | 'upstream-silent' | undefined {
    if (this.#decide === undefined) {
      return this.#clientsTurn() ? 'client-silent' : 'upstream-silent';
    }
    this.#decide();
    this.#movedAt = undefined;
    return undefined;
  }
}
