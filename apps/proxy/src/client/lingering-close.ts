import { type Socket } from 'node:net';

/** How long a client that is still sending gets to notice the answer. In milliseconds; nginx has 5 s here. */
const LINGER_MS = 2_000;

/**
 * Closes a connection whose client is still sending, in the way of RFC 9112 §9.6: our side ends, the rest is read and thrown
 * away for a moment. A plain close would answer the client's bytes with a reset, and that destroys the answer that it
 * has not read yet.
 *
 * To be called before the answer ends: Node's server closes by `destroySoon`, which is put aside here.
 */
export function closeLingering(socket: Socket): void {
  socket.destroySoon = () => {
    // Takes the connection away from the HTTP parser, so that nothing in the rest can become a request.
    socket.removeAllListeners('data');
    socket.on('data', () => undefined);
    socket.end();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  };
}
