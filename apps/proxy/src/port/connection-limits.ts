import { type Socket } from 'node:net';
import { type Clock, type Timer } from '@oci-connector/clock';
import { peerOf } from '../client/peer';
import { ClientSlot, type ClosedReason, ConnectionGroup } from './client-slot';

/** The longest time between two checks of idle connections, in milliseconds. */
const MAX_CHECK_INTERVAL = 1_000;

export interface ConnectionLimitsOptions {
  readonly maxPerListener: number;
  /** Over all listeners. {@link peerOf} defines a peer. */
  readonly maxPerPeer: number;
  /** Time without a byte after which a connection without an accepted token is closed, in milliseconds. */
  readonly strangerIdleMs: number;
  readonly clock: Clock;
  readonly onClosed: (listener: string, reason: ClosedReason) => void;
}

/**
 * Limits the connections per listener and per peer. A stranger is a client whose connection has no accepted token yet. An idle stranger
 * keeps its slot only for seconds, and loses it before a new connection is refused. So a few pods cannot occupy all slots.
 */
export class ConnectionLimits {
  readonly #listeners = new Map<string, ConnectionGroup>();
  readonly #peers = new Map<string, ConnectionGroup>();
  /** Present after the first connection. */
  #timer?: Timer;

  constructor(private readonly options: ConnectionLimitsOptions) {}

  /** The number of peers that have a slot. */
  get peers(): number {
    return this.#peers.size;
  }

  /** How much of its limit the fullest listener and the peer with the most connections use: 1 is all of it. */
  get usage(): { readonly listener: number; readonly peer: number } {
    return { listener: mostUsed(this.#listeners), peer: mostUsed(this.#peers) };
  }

  /**
   * Takes a slot for a connection until the connection closes.
   *
   * @returns undefined if no slot is free; the connection is then closed
   */
  admit(socket: Socket, listenerName: string): ClientSlot | undefined {
    const { maxPerListener, maxPerPeer, clock, onClosed } = this.options;
    // The socket of a client that has already disconnected has no address.
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
    return new ClientSlot({
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

  /** Closes strangers' connections on which no byte arrived for the limit. The HTTP server itself limits the time for request headers. */
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

function mostUsed(groups: ReadonlyMap<string, ConnectionGroup>): number {
  let most = 0;
  for (const { usage } of groups.values()) {
    most = Math.max(most, usage);
  }
  return most;
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
