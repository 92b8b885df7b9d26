import { ProxyError } from '../proxy.errors';

/** Retry-After at the limit. The proxy does not know when a tunnel ends; a retry each second does no harm. */
const RETRY_SECONDS = 1;

/** Limits how many tunnels a client keeps open on this replica, with or without requests in them, and how many requests are relayed for it. */
export class TunnelLimits {
  readonly #open = new Map<string, number>();

  /** @param max 0: no limit */
  constructor(private readonly max: number) {}

  /**
   * Counts a tunnel.
   *
   * @returns must be called once, when the tunnel has closed
   * @throws ProxyError LimitReached
   */
  admit(client: string): () => void {
    const open = this.#open.get(client) ?? 0;
    if (this.max > 0 && open >= this.max) {
      throw new ProxyError(
        'LimitReached',
        `client ${client} already has ${this.max} tunnels and relayed requests, which is the limit; try again later`,
        {
          retryAfterSeconds: RETRY_SECONDS,
        },
      );
    }
    this.#open.set(client, open + 1);
    return () => this.#leave(client);
  }

  /** How much of its limit the client with the most tunnels uses: 1 is all of it; 0 without a limit. */
  get usage(): number {
    let most = 0;
    for (const open of this.#open.values()) {
      most = Math.max(most, open);
    }
    return this.max === 0 ? 0 : most / this.max;
  }

  #leave(client: string): void {
    const open = (this.#open.get(client) ?? 0) - 1;
    if (open > 0) {
      this.#open.set(client, open);
    } else {
      this.#open.delete(client);
    }
  }
}
