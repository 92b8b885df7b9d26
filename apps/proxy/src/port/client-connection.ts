import { type Socket } from 'node:net';
import { type Clock } from '@oci-connector/clock';
import { type ConnectionPlace } from '../client/http-connections';

/** Why the proxy closes a connection of a client, or takes none. */
export type ClosedReason =
  /** No token was accepted on it, and nothing came for the limit. */
  | 'idle'
  /** No token was accepted on it, and its place was needed for a new one. */
  | 'shed'
  /** There is no place for it. */
  | 'refused';

/** Connections that are counted together: those of a listener, or those of a peer. */
export class ConnectionGroup {
  #open = 0;
  /** Those that no token was accepted on and that have no request under way; the longest idle first. */
  readonly #idleStrangers = new Set<ClientConnection>();

  constructor(
    readonly name: string,
    private readonly max: number,
  ) {}

  get isEmpty(): boolean {
    return this.#open === 0;
  }

  /** The longest idle first. */
  get idleStrangers(): Iterable<ClientConnection> {
    return this.#idleStrangers;
  }

  /** Makes room for one more connection, by closing the stranger that was idle the longest. False: there is none. */
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

  setIdle(connection: ClientConnection, isIdle: boolean): void {
    if (isIdle) {
      this.#idleStrangers.add(connection);
    } else {
      this.#idleStrangers.delete(connection);
    }
  }
}

export interface ClientConnectionOptions {
  readonly socket: Socket;
  readonly groups: readonly ConnectionGroup[];
  readonly clock: Clock;
  /** Called once, when its place is free. */
  readonly onLeft: () => void;
  /** Called when the connection is closed here, before it is. */
  readonly onClosed: (reason: ClosedReason) => void;
}

/** One connection of a client, as far as its place is concerned. It takes the place when it is made. */
export class ClientConnection implements ConnectionPlace {
  #isKnown = false;
  #hasLeft = false;
  #idleSince = 0;
  #bytesRead = 0;
  #requests = 0;

  constructor(private readonly options: ClientConnectionOptions) {
    const { socket, groups } = options;
    groups.forEach((group) => group.enter());
    socket.once('close', () => this.#leave());
    this.touch();
  }

  /** Whether a token was accepted on it. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** A request begins; of a known client nobody has to know. */
  begin(): void {
    this.#requests += 1;
    this.#setIdle(false);
  }

  /** The response to a request that {@link begin} was called for is over. */
  end(): void {
    this.#requests -= 1;
    if (this.#requests === 0 && !this.#isKnown) {
      this.touch();
    }
  }

  /** A token was accepted on it: from here on it is kept as long as any client's. */
  trust(): void {
    this.#isKnown = true;
    this.#setIdle(false);
  }

  /** Its time without a byte begins now. */
  touch(): void {
    this.#idleSince = this.options.clock.monotonic();
    this.#bytesRead = this.options.socket.bytesRead;
    this.#setIdle(false);
    this.#setIdle(!this.#isKnown && !this.#hasLeft && this.#requests === 0);
  }

  /** Milliseconds since its time without a byte began; bytes that came in between are only seen by {@link closeIfSilent}. */
  get idleMs(): number {
    return this.options.clock.monotonic() - this.#idleSince;
  }

  /** Closes it, unless bytes came since its time without a byte began: then that begins now. */
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
    this.options.socket.destroy();
  }

  #leave(): void {
    // The end of a connection that was closed here is told a moment later, too.
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
