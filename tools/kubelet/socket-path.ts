/**
 * Bytes that the path of a unix socket may have: macOS has room for 104 with the NUL at the end (unix(4)), Linux for 108 (unix(7)).
 * The smaller one everywhere, so that what works here works there.
 */
const MAX_BYTES = 103;

/** @throws Error that says what to do, when no socket can be made at this path */
export function requireSocketPath(socket: string): void {
  const bytes = Buffer.byteLength(socket);
  if (bytes <= MAX_BYTES) {
    return;
  }
  throw new Error(
    `the CSI driver's socket cannot be ${socket}: its path has ${bytes} bytes, and a unix socket may have ${MAX_BYTES}; ` +
      `move the workspace to a directory whose path is at least ${bytes - MAX_BYTES} bytes shorter`,
  );
}
