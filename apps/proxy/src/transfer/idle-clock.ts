/** Knows how long nothing has moved, and who is to blame for that. */
export class IdleClock {
  /** Absent: nobody looks at it until something moves again. */
  #movedAt?: number;
  #clientsTurn: () => boolean = () => false;
  #decide?: () => void;

  constructor(private readonly now: () => number) {
    this.#movedAt = now();
  }

  /** Milliseconds since something moved. */
  get idleMs(): number {
    return this.#movedAt === undefined ? 0 : this.now() - this.#movedAt;
  }

  moved(): void {
    this.#movedAt = this.now();
  }

  /** Sets who is to blame for silence: true from `clientsTurn` means that the client has to send or to read. */
  blame(clientsTurn: () => boolean): void {
    this.#clientsTurn = clientsTurn;
  }

  /** Lets somebody else decide what it means that nothing moves any more. */
  whenIdle(decide: () => void): void {
    this.#decide = decide;
  }

  /** Nothing moved for the limit. @returns who is to blame; undefined when the decision is somebody else's */
  expire(): 'client-silent' | 'upstream-silent' | undefined {
    if (this.#decide === undefined) {
      return this.#clientsTurn() ? 'client-silent' : 'upstream-silent';
    }
    this.#decide();
    this.#movedAt = undefined;
    return undefined;
  }
}
