import { type Socket } from 'node:net';

/** Counts connections per IP address, over all listeners of the program. */
export class ConnectionLimits {
  readonly #perPeer = new Map<string, number>();

  constructor(private readonly maxPerPeer: number) {}

  /** Takes a place for the connection until it closes; false when there is none, and then the connection is closed. */
  admit(socket: Socket): boolean {
    // A client that is already gone has no address.
    const peer = socket.remoteAddress;
    const open = this.#perPeer.get(peer ?? '') ?? 0;
    if (peer === undefined || open >= this.maxPerPeer) {
      socket.destroy();
      return false;
    }
    this.#perPeer.set(peer, open + 1);
    socket.once('close', () => this.#leave(peer));
    return true;
  }

  #leave(peer: string): void {
    const open = (this.#perPeer.get(peer) ?? 1) - 1;
    if (open === 0) this.#perPeer.delete(peer);
    else this.#perPeer.set(peer, open);
  }
}
