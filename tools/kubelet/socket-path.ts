/**
 * Longest path of a unix socket, in bytes: macOS allows 104 including the NUL at the end (unix(4)), Linux 108 (unix(7)). The smaller
 * limit applies everywhere, so that a path that works on one system works on the other.
 */
const MAX_BYTES = 103;

/**
 * Checks the path of a socket.
 *
 * @throws Error when it is too long; the message says what to do
 */
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
