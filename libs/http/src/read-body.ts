interface Taken {
  readonly chunks: readonly Buffer[];
  /** There is more than was asked for. */
  readonly exceeded: boolean;
}

/** Stops with the chunk that exceeds the limit. Leaving the loop destroys a stream of Node.js, and with it the connection. */
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
 * The content of a message (RFC 9110 §6.4) up to the limit, for a reader to whom its beginning is of use. What goes beyond is not
 * read, and the connection is given up. Rejects as the body does.
 */
export async function readAtMost(body: AsyncIterable<unknown>, maxBytes: number): Promise<{ body: Buffer; truncated: boolean }> {
  const { chunks, exceeded } = await take(body, maxBytes);
  const read = Buffer.concat(chunks);
  return { body: exceeded ? read.subarray(0, maxBytes) : read, truncated: exceeded };
}

/**
 * The whole content of a message (RFC 9110 §6.4); undefined when it has more bytes than the limit: then the rest is not read, and
 * the connection is given up. Rejects as the body does.
 */
export async function readWhole(body: AsyncIterable<unknown>, maxBytes: number): Promise<Buffer | undefined> {
  const { chunks, exceeded } = await take(body, maxBytes);
  return exceeded ? undefined : Buffer.concat(chunks);
}
