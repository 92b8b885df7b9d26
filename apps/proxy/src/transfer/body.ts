/**
 * Receives a body as it comes. This is the only way to get one, so that whatever stands between a body and its reader, such as a
 * rewrite or a copy for a cache, is a consumer in front of a consumer.
 */
export interface BodyConsumer {
  /**
   * Takes the next piece, which is never empty and belongs to the consumer from then on.
   *
   * @returns false asks the body to pause until {@link Body.resume}. What was read already may still come.
   */
  chunk(piece: Buffer): boolean;
  /** The body is complete. */
  end(): void;
  /** No more comes, and something is missing: the sender broke off, or the transfer was cancelled. */
  fail(error: Error): void;
}

/** A body on its way. It waits for its consumer and holds its sender back meanwhile. */
export interface Body {
  /**
   * Hands the body over; each body must get a consumer, because it keeps a connection until then. What is already here comes before this
   * returns. A second consumer takes the place of the first.
   */
  consume(consumer: BodyConsumer): void;
  /** Ends a pause. */
  resume(): void;
  /** Cuts the body off; the consumer's `fail` is called, unless the body was already complete. */
  cancel(reason: Error): void;
}
