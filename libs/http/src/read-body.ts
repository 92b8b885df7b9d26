interface Taken {
  readonly chunks: readonly Buffer[];
  /** The body is longer than the limit. */
  readonly exceeded: boolean;
}

/** Reads until a chunk exceeds the limit. Leaving the loop destroys a stream of Node.js, and so its connection. */
async function take(body: AsyncIterable<unknown>, maxBytes: number): Promise<Taken> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) {
      return { chunks, exceeded: true };
    }
  }
  return { chunks, exceeded: false };
}

/**
 * Reads the content of a message (RFC 9110 §6.4) up to the limit, for a caller that can use its beginning. Content beyond the limit
 * is not read, and the connection is closed.
 *
 * @throws the error of the body
 */
export async function readAtMost(body: AsyncIterable<unknown>, maxBytes: number): Promise<{ body: Buffer; truncated: boolean }> {
  const { chunks, exceeded } = await take(body, maxBytes);
  const read = Buffer.concat(chunks);
  return { body: exceeded ? read.subarray(0, maxBytes) : read, truncated: exceeded };
}

/**
 * Reads the whole content of a message (RFC 9110 §6.4). Returns undefined when it has more bytes than the limit; the rest is then not
 * read, and the connection is closed.
 *
 * @throws the error of the body
 */
export async function readWhole(body: AsyncIterable<unknown>, maxBytes: number): Promise<Buffer | undefined> {
  const { chunks, exceeded } = await take(body, maxBytes);
  return exceeded ? undefined : Buffer.concat(chunks);
}
