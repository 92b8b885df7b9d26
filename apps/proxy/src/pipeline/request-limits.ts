import { ProxyError } from '../proxy.errors';
import { type Authorized } from './proxy-exchange';

/** Limits for one kind of owner; 0 means no limit. */
export interface OwnerLimits {
  /** Concurrent requests. */
  readonly transfers: number;
  /** Requests per second, with a burst of one second. */
  readonly requestsPerSecond: number;
}

export interface RequestLimitsOptions {
  readonly perConnector: OwnerLimits;
  readonly perClient: OwnerLimits;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** The current usage of one owner. */
interface Usage {
  transfers: number;
  /** Requests that are allowed now; refilled over time. */
  tokens: number;
  refilledAt: number;
}

/** Retry-After at the limit of concurrent requests. The proxy does not know when a transfer ends; a retry each second does no harm. */
const TRANSFER_RETRY_SECONDS = 1;

/**
 * Limits how much of this replica a Connector and a ServiceAccount may use, so that one tenant cannot starve another. Checked after
 * authorisation, so a client without permission cannot use up the share of others.
 */
export class RequestLimits {
  readonly #connectors: Budget;
  readonly #clients: Budget;

  constructor(options: RequestLimitsOptions) {
    this.#connectors = new Budget('connector', options.perConnector, options.now);
    this.#clients = new Budget('client', options.perClient, options.now);
  }

  /** How much of its limit of concurrent requests the busiest Connector and the busiest client use: 1 is all of it; 0 without a limit. */
  get usage(): { readonly connector: number; readonly client: number } {
    return { connector: this.#connectors.usage, client: this.#clients.usage };
  }

  /**
   * Counts a request.
   *
   * @returns must be called when the request ends
   * @throws ProxyError LimitReached when the Connector or the client has reached a limit
   */
  admit({ named, identity }: Authorized): () => void {
    const client = identity.username;
    const connector = `${named.namespace}/${named.name}`;
    this.#clients.enter(client);
    try {
      this.#connectors.enter(connector);
    } catch (error) {
      this.#clients.leave(client);
      throw error;
    }
    return () => {
      this.#connectors.leave(connector);
      this.#clients.leave(client);
    };
  }
}

/** The limits for one kind of owner, and the usage of each owner. Idle owners are forgotten, so memory depends on current use. */
class Budget {
  readonly #usage = new Map<string, Usage>();
  #sweptAt: number;

  constructor(
    private readonly kind: string,
    private readonly limits: OwnerLimits,
    private readonly now: () => number,
  ) {
    this.#sweptAt = now();
  }

  /** @throws ProxyError LimitReached when the owner has reached a limit */
  enter(owner: string): void {
    this.#sweep();
    const usage = this.#usage.get(owner) ?? this.#begin(owner);
    this.#takeRate(owner, usage);
    if (this.limits.transfers > 0 && usage.transfers >= this.limits.transfers) {
      throw new ProxyError(
        'LimitReached',
        `${this.kind} ${owner} already has ${this.limits.transfers} concurrent requests, which is the limit; try again later`,
        { retryAfterSeconds: TRANSFER_RETRY_SECONDS },
      );
    }
    usage.transfers += 1;
  }

  get usage(): number {
    const { transfers: max } = this.limits;
    let most = 0;
    for (const { transfers } of this.#usage.values()) {
      most = Math.max(most, transfers);
    }
    return max === 0 ? 0 : most / max;
  }

  /** Frees a place that {@link enter} took. The next sweep forgets idle owners. */
  leave(owner: string): void {
    const usage = this.#usage.get(owner);
    if (usage) {
      usage.transfers -= 1;
    }
  }

  #begin(owner: string): Usage {
    const usage = { transfers: 0, tokens: this.limits.requestsPerSecond, refilledAt: this.now() };
    this.#usage.set(owner, usage);
    return usage;
  }

  #takeRate(owner: string, usage: Usage): void {
    const rate = this.limits.requestsPerSecond;
    if (rate === 0) {
      return;
    }
    const now = this.now();
    usage.tokens = Math.min(rate, usage.tokens + ((now - usage.refilledAt) / 1_000) * rate);
    usage.refilledAt = now;
    if (usage.tokens < 1) {
      throw new ProxyError('LimitReached', `${this.kind} ${owner} exceeds ${rate} requests per second; try again later`, {
        retryAfterSeconds: Math.ceil((1 - usage.tokens) / rate),
      });
    }
    usage.tokens -= 1;
  }

  /** Forgets idle owners whose rate is refilled; at most once a second. */
  #sweep(): void {
    const now = this.now();
    if (now - this.#sweptAt < 1_000) {
      return;
    }
    this.#sweptAt = now;
    for (const [owner, usage] of this.#usage) {
      if (usage.transfers === 0 && now - usage.refilledAt >= 1_000) {
        this.#usage.delete(owner);
      }
    }
  }
}
