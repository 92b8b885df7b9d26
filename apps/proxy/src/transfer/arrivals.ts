/** Takes what arrives on a connection that is read into memory of the proxy. */
export interface Arrivals {
  /** Where the next bytes are read to; undefined: into the buffer that all connections share. Asked after each call of `take`. */
  target(): Buffer | undefined;
  /**
   * Takes bytes in the buffer that {@link target} returned. Their memory is used again as soon as this method returns, unless it is the
   * taker's own.
   *
   * @returns whether to read further; through TLS, up to {@link TLS_IN_FLIGHT} more bytes may arrive in any case
   */
  take(piece: Buffer): boolean;
}

/** The most that Node.js reads from a TLS connection at a time, and one record (RFC 8446 §5.1) of before. In bytes. */
export const TLS_IN_FLIGHT = (64 + 16) * 1024;
