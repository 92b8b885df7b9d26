import { type Socket } from 'node:net';
import { peerOf } from '../client/peer';

/** How often connections without a token are looked at, at most. In milliseconds. */
const MAX_CHECK_INTERVAL = 1_000;

/** Why the proxy closes a connection of a client, or takes none. */
export type ClosedReason =
  /** No token was accepted on it, and nothing came for the limit. */
  | 'idle'
  /** No token was accepted on it, and its place was needed for a new one. */
  | 'shed'
  /** There is no place for it. */
  | 'refused';

export interface ConnectionLimitsOptions {
  readonly maxPerListener: number;
  /** Over all listeners; what a peer is, {@link peerOf} says. */
  readonly maxPerPeer: number;
  /** A connection on which no token was accepted is closed after this time without a byte. In milliseconds. */
  readonly strangerIdleMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly onClosed: (listener: string, reason: ClosedReason) => void;
}

/** Connections that are counted together. */
interface Group {
  readonly name: string;
  open: number;
  /** Those that no token was accepted on and that have no request under way; the longest idle first. */
  readonly idleStrangers: Set<ClientConnection>;
}

/** One connection of a client, as far as its place is concerned. */
export class ClientConnection {
  isKnown = false;
  hasLeft = false;
  idleSince = 0;
  bytesRead = 0;
  #requests = 0;

  constructor(
    readonly socket: Socket,
    readonly listener: Group,
    readonly peer: Group,
    private readonly now: () => number,
  ) {
    this.touch();
  }

  /** A request begins; of a known client nobody has to know. */
  begin(): void {
    this.#requests += 1;
    this.#setIdle(false);
  }

  /** The response to a request that {@link begin} was called for is over. */
  end(): void {
    this.#requests -= 1;
    if (this.#requests === 0 && !this.isKnown) {
      this.touch();
    }
  }

  /** A token was accepted on it: from here on it is kept as long as any client's. */
  trust(): void {
    this.isKnown = true;
    this.#setIdle(false);
  }

  /** Its time without a byte begins now. */
  touch(): void {
    this.idleSince = this.now();
    this.bytesRead = this.socket.bytesRead;
    this.#setIdle(false);
    this.#setIdle(!this.isKnown && !this.hasLeft && this.#requests === 0);
  }

  /** Its place is free. */
  leave(): void {
    this.hasLeft = true;
    this.#setIdle(false);
  }

  #setIdle(isIdle: boolean): void {
    for (const { idleStrangers } of [this.listener, this.peer]) {
      if (isIdle) {
        idleStrangers.add(this);
      } else {
        idleStrangers.delete(this);
      }
    }
  }
}

/**
 * The places for connections, per listener and per peer. Strangers, on whose connections no token was accepted yet, keep theirs for
 * seconds only, and make room for new ones before any of those is refused: a few pods cannot fill the places of all.
 */
export class ConnectionLimits {
  readonly #listeners = new Map<string, Group>();
  readonly #peers = new Map<string, Group>();
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly options: ConnectionLimitsOptions) {
    this.#timer = setInterval(() => this.closeIdle(), Math.min(MAX_CHECK_INTERVAL, Math.ceil(options.strangerIdleMs / 4))).unref();
  }

  get strangerIdleMs(): number {
    return this.options.strangerIdleMs;
  }

  /** Takes a place for a connection until it closes; undefined when there is none, and then the connection is closed. */
  admit(socket: Socket, listenerName: string): ClientConnection | undefined {
    const listener = groupOf(this.#listeners, listenerName);
    // A client that is already gone has no address.
    const address = socket.remoteAddress;
    const peer = groupOf(this.#peers, peerOf(address ?? ''));
    const hasRoom =
      address !== undefined && this.#makeRoom(peer, this.options.maxPerPeer) && this.#makeRoom(listener, this.options.maxPerListener);
    if (!hasRoom) {
      this.#forget(peer);
      socket.destroy();
      if (address !== undefined) {
        this.options.onClosed(listenerName, 'refused');
      }
      return undefined;
    }
    listener.open += 1;
    peer.open += 1;
    const connection = new ClientConnection(socket, listener, peer, this.options.now);
    socket.once('close', () => this.#left(connection));
    return connection;
  }

  /** Closes strangers' connections on which nothing came for the limit. Slow heads are the affair of the server's own limit. */
  closeIdle(): void {
    const { now, strangerIdleMs } = this.options;
    for (const { idleStrangers } of this.#listeners.values()) {
      for (const connection of idleStrangers) {
        if (now() - connection.idleSince < strangerIdleMs) {
          break;
        }
        if (connection.socket.bytesRead === connection.bytesRead) {
          this.#close(connection, 'idle');
        } else {
          connection.touch();
        }
      }
    }
  }

  /** Closes the connection of a stranger who reads no answer. */
  closeSilent(connection: ClientConnection): void {
    this.#close(connection, 'idle');
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #makeRoom(group: Group, max: number): boolean {
    if (group.open < max) {
      return true;
    }
    const [oldest] = group.idleStrangers;
    if (oldest) {
      this.#close(oldest, 'shed');
    }
    return oldest !== undefined;
  }

  #close(connection: ClientConnection, reason: ClosedReason): void {
    this.options.onClosed(connection.listener.name, reason);
    this.#left(connection);
    connection.socket.destroy();
  }

  #left(connection: ClientConnection): void {
    // The end of a connection that was closed here is told a moment later, too.
    if (connection.hasLeft) {
      return;
    }
    connection.leave();
    connection.listener.open -= 1;
    connection.peer.open -= 1;
    this.#forget(connection.peer);
  }

  #forget(peer: Group): void {
    if (peer.open === 0) {
      this.#peers.delete(peer.name);
    }
  }
}

function groupOf(groups: Map<string, Group>, name: string): Group {
  const known = groups.get(name);
  if (known) {
    return known;
  }
  const group: Group = { name, open: 0, idleStrangers: new Set() };
  groups.set(name, group);
  return group;
}
