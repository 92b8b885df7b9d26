/**
 * Receives a body piece by piece. This is the only way to read a body: a step between the body and its reader, such as a rewrite or a copy
 * for a cache, is a consumer that wraps the next consumer.
 */
export interface BodyConsumer {
  /**
   * Takes the next piece. A piece is never empty, and the consumer owns it from then on.
   *
   * @returns false to pause the body until {@link Body.resume}; pieces that were already read may still arrive
   */
  chunk(piece: Buffer): boolean;
  /**
   * Takes the next piece in memory that the sender uses again. A consumer without this method gets a copy, by {@link chunk}.
   *
   * @param done must be called when the consumer no longer needs the memory; the body is paused until then
   * @returns true if the consumer has already finished with the memory; `done` then has no effect
   */
  lent?(piece: Buffer, done: () => void): boolean;
  /** The body is complete. */
  end(): void;
  /** The body ends incomplete: the sender closed the connection early, or the transfer was cancelled. */
  fail(error: Error): void;
}

/** A body in transit. It is paused until it has a consumer. */
export interface Body {
  /**
   * Sets the consumer. Each body must get one, because it occupies a connection until it is consumed. The consumer gets the pieces that
   * have already arrived before this method returns. A second consumer replaces the first.
   */
  consume(consumer: BodyConsumer): void;
  /** Ends a pause. */
  resume(): void;
  /** Aborts the body. Calls the consumer's `fail`, unless the body is already complete. */
  cancel(reason: Error): void;
}
