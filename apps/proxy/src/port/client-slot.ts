import { type Socket } from 'node:net';
import { type Clock } from '@oci-connector/clock';
import { type ConnectionSlot } from '../client/http-connections';

/** Why the proxy closes or refuses a connection of a client. */
export type ClosedReason =
  /** No token was accepted on it, and no byte arrived for the limit. */
  | 'idle'
  /** No token was accepted on it, and a new connection needed its slot. */
  | 'shed'
  /** No slot is free. */
  | 'refused';

/** Connections that share a limit: those of a listener, or those of a peer. */
export class ConnectionGroup {
  #open = 0;
  /** Connections without an accepted token and without a request in progress; the longest idle first. */
  readonly #idleStrangers = new Set<ClientSlot>();

  constructor(
    readonly name: string,
    private readonly max: number,
  ) {}

  get isEmpty(): boolean {
    return this.#open === 0;
  }

  /** How much of the limit is in use: 1 is all of it. */
  get usage(): number {
    return this.#open / this.max;
  }

  /** Idle connections without an accepted token; the longest idle first. */
  get idleStrangers(): Iterable<ClientSlot> {
    return this.#idleStrangers;
  }

  /**
   * Makes room for one more connection. If the group is full, closes the idle stranger that was idle the longest.
   *
   * @returns false if the group is full and has no idle stranger
   */
  makeRoom(): boolean {
    if (this.#open < this.max) {
      return true;
    }
    const [oldest] = this.#idleStrangers;
    oldest?.close('shed');
    return oldest !== undefined;
  }

  enter(): void {
    this.#open += 1;
  }

  leave(): void {
    this.#open -= 1;
  }

  setIdle(connection: ClientSlot, isIdle: boolean): void {
    if (isIdle) {
      this.#idleStrangers.add(connection);
    } else {
      this.#idleStrangers.delete(connection);
    }
  }
}

export interface ClientSlotOptions {
  readonly socket: Socket;
  readonly groups: readonly ConnectionGroup[];
  readonly clock: Clock;
  /** Called once, when the slot is free again. */
  readonly onLeft: () => void;
  /** Called before this object closes the connection. */
  readonly onClosed: (reason: ClosedReason) => void;
}

/**
 * The slot of one client connection. The constructor takes the slot. A connection on which no token was accepted yet is a stranger's,
 * otherwise a known client's.
 */
export class ClientSlot implements ConnectionSlot {
  /** The outermost layer of TLS, or the TCP connection itself. */
  #outermost: Socket;
  #isKnown = false;
  #hasLeft = false;
  #idleSince = 0;
  #bytesRead = 0;
  #requests = 0;

  constructor(private readonly options: ClientSlotOptions) {
    const { socket, groups } = options;
    this.#outermost = socket;
    groups.forEach((group) => group.enter());
    socket.once('close', () => this.#leave());
    this.touch();
  }

  /** Whether a token was accepted on the connection. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Counts a request that begins. Not necessary for a known client. */
  begin(): void {
    this.#requests += 1;
    this.#setIdle(false);
  }

  /** Counts the end of a response. The caller must have called {@link begin} for its request. */
  end(): void {
    this.#requests -= 1;
    if (this.#requests === 0 && !this.#isKnown) {
      this.touch();
    }
  }

  /** Records that a token was accepted. From then on the limits for strangers do not apply to the connection. */
  trust(): void {
    this.#isKnown = true;
    this.#setIdle(false);
  }

  /**
   * Records that TLS runs on the connection. From then on it is closed through this socket: Node.js crashes when a callback of a TLS socket
   * destroys first the socket beneath it and then the TLS socket.
   */
  secure(socket: Socket): void {
    this.#outermost = socket;
  }

  /** Restarts the idle time. */
  touch(): void {
    this.#idleSince = this.options.clock.monotonic();
    this.#bytesRead = this.options.socket.bytesRead;
    this.#setIdle(false);
    this.#setIdle(!this.#isKnown && !this.#hasLeft && this.#requests === 0);
  }

  /** The idle time in milliseconds. Only {@link closeIfSilent} takes bytes into account that arrived in the meantime. */
  get idleMs(): number {
    return this.options.clock.monotonic() - this.#idleSince;
  }

  /** Closes the connection if no byte arrived during the idle time; otherwise restarts the idle time. */
  closeIfSilent(): void {
    if (this.options.socket.bytesRead === this.#bytesRead) {
      this.close('idle');
    } else {
      this.touch();
    }
  }

  close(reason: ClosedReason): void {
    this.options.onClosed(reason);
    this.#leave();
    this.destroy();
  }

  /** Closes the connection without a report. */
  destroy(): void {
    this.#outermost.destroy();
  }

  #leave(): void {
    // `close` calls this method, and then the socket's `close` event calls it again.
    if (this.#hasLeft) {
      return;
    }
    this.#hasLeft = true;
    this.#setIdle(false);
    this.options.groups.forEach((group) => group.leave());
    this.options.onLeft();
  }

  #setIdle(isIdle: boolean): void {
    for (const group of this.options.groups) {
      group.setIdle(this, isIdle);
    }
  }
}
