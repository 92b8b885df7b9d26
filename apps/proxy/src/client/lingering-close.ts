import { type Socket } from 'node:net';

/** How long a client that is still sending has to read the response, in milliseconds. nginx waits 5 s. */
const LINGER_MS = 2_000;

/**
 * Closes a connection whose client is still sending, as RFC 9112 §9.6 describes: the proxy ends its side, and for a short time reads and
 * discards the rest. If it closed the connection immediately, a TCP reset would follow, and the client could lose the response.
 *
 * Must be called before the response ends: Node's server closes connections with `destroySoon`, which this function replaces.
 */
export function closeLingering(socket: Socket): void {
  socket.destroySoon = () => {
    // Detaches the HTTP parser from the connection, so that it cannot parse the rest as a request.
    socket.removeAllListeners('data');
    socket.on('data', () => undefined);
    socket.end();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  };
}
