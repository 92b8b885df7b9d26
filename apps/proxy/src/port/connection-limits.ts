import { type Socket } from 'node:net';
import { type Clock, type Timer } from '@oci-connector/clock';
import { peerOf } from '../client/peer';
import { ClientConnection, type ClosedReason, ConnectionGroup } from './client-connection';

/** How often connections without a token are looked at, at most. In milliseconds. */
const MAX_CHECK_INTERVAL = 1_000;

export interface ConnectionLimitsOptions {
  readonly maxPerListener: number;
  /** Over all listeners; what a peer is, {@link peerOf} says. */
  readonly maxPerPeer: number;
  /** A connection on which no token was accepted is closed after this time without a byte. In milliseconds. */
  readonly strangerIdleMs: number;
  readonly clock: Clock;
  readonly onClosed: (listener: string, reason: ClosedReason) => void;
}

/**
 * The places for connections, per listener and per peer. Strangers, on whose connections no token was accepted yet, keep theirs for
 * seconds only, and make room for new ones before any of those is refused: a few pods cannot fill the places of all.
 */
export class ConnectionLimits {
  readonly #listeners = new Map<string, ConnectionGroup>();
  readonly #peers = new Map<string, ConnectionGroup>();
  /** Set from the first connection on. */
  #timer?: Timer;

  constructor(private readonly options: ConnectionLimitsOptions) {}

  /** Peers that have a place. */
  get peers(): number {
    return this.#peers.size;
  }

  /** Takes a place for a connection until it closes; undefined when there is none, and then the connection is closed. */
  admit(socket: Socket, listenerName: string): ClientConnection | undefined {
    const { maxPerListener, maxPerPeer, clock, onClosed } = this.options;
    // A client that is already gone has no address.
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return undefined;
    }
    const listener = groupOf(this.#listeners, listenerName, maxPerListener);
    const peer = groupOf(this.#peers, peerOf(socket.remoteAddress), maxPerPeer);
    if (!peer.makeRoom() || !listener.makeRoom()) {
      this.#forget(peer);
      onClosed(listenerName, 'refused');
      socket.destroy();
      return undefined;
    }
    // The connection that made room may have been the peer's last.
    this.#peers.set(peer.name, peer);
    this.#timer ??= this.#nextCheck();
    return new ClientConnection({
      socket,
      groups: [listener, peer],
      clock,
      onLeft: () => this.#forget(peer),
      onClosed: (reason) => onClosed(listenerName, reason),
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  #nextCheck(): Timer {
    const { clock, strangerIdleMs } = this.options;
    return clock.setTimeout(
      () => {
        this.#timer = this.#nextCheck();
        this.#closeIdle();
      },
      Math.min(MAX_CHECK_INTERVAL, Math.ceil(strangerIdleMs / 4)),
    );
  }

  /** Closes strangers' connections on which nothing came for the limit. Slow heads are the affair of the server's own limit. */
  #closeIdle(): void {
    for (const { idleStrangers } of this.#listeners.values()) {
      for (const connection of idleStrangers) {
        if (connection.idleMs < this.options.strangerIdleMs) {
          break;
        }
        connection.closeIfSilent();
      }
    }
  }

  #forget(peer: ConnectionGroup): void {
    if (peer.isEmpty) {
      this.#peers.delete(peer.name);
    }
  }
}

function groupOf(groups: Map<string, ConnectionGroup>, name: string, max: number): ConnectionGroup {
  const known = groups.get(name);
  if (known) {
    return known;
  }
  const group = new ConnectionGroup(name, max);
  groups.set(name, group);
  return group;
}
