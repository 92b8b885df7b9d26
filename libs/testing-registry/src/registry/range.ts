/** Positions of the first and the last byte, both inclusive. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Parses a Range header for content of this size (RFC 9110 §14). Undefined means that the response has the full content, as it does for
 * several ranges, which a server may ignore.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/.exec(header ?? '');
  if (!match) {
    return undefined;
  }
  const [, from, to, suffix] = match;
  const first = from === undefined ? Math.max(0, size - Number(suffix)) : Number(from);
  const last = to ? Math.min(Number(to), size - 1) : size - 1;
  return first > last ? 'unsatisfiable' : { first, last };
}

/** Parses the Content-Range of an upload, `first-last` (distribution-spec, "Pushing a blob in chunks"). */
export function parseContentRange(header: string): ByteRange | undefined {
  const match = /^(?:bytes[= ])?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(header);
  return match ? { first: Number(match[1]), last: Number(match[2]) } : undefined;
}
