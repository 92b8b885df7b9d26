import { ProxyError } from '../proxy.errors';
import { type Authorized } from './proxy-exchange';

/** Limits of one kind of owner; 0 stands for no limit. */
export interface OwnerLimits {
  /** Requests at the same time. */
  readonly transfers: number;
  /** Requests per second, with a burst of one second's worth. */
  readonly requestsPerSecond: number;
}

export interface RequestLimitsOptions {
  readonly perConnector: OwnerLimits;
  readonly perClient: OwnerLimits;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** What one owner uses. */
interface Usage {
  transfers: number;
  /** Requests that may be made at once now; refilled with time. */
  tokens: number;
  refilledAt: number;
}

/** When to try again where only the end of another transfer helps: nobody knows; a second does no harm. */
const TRANSFER_RETRY_SECONDS = 1;

/**
 * How much a Connector and a ServiceAccount may use of this replica at once, so that one tenant cannot starve another.
 * Asked after authorisation: a stranger cannot use up anybody's share.
 */
export class RequestLimits {
  readonly #connectors: Budget;
  readonly #clients: Budget;

  constructor(options: RequestLimitsOptions) {
    this.#connectors = new Budget('connector', options.perConnector, options.now);
    this.#clients = new Budget('client', options.perClient, options.now);
  }

  /**
   * Takes a place for a request.
   *
   * @returns gives it back
   * @throws ProxyError LimitReached
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

/** Limits of one kind of owner and what each uses. An owner that uses nothing is forgotten, so memory follows use. */
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

  /** Takes a place. @throws ProxyError LimitReached */
  enter(owner: string): void {
    this.#sweep();
    const usage = this.#usage.get(owner) ?? this.#begin(owner);
    this.#takeRate(owner, usage);
    if (this.limits.transfers > 0 && usage.transfers >= this.limits.transfers) {
      throw new ProxyError(
        'LimitReached',
        `${this.kind} ${owner} already has ${this.limits.transfers} requests under way, the limit; try again later`,
        { retryAfterSeconds: TRANSFER_RETRY_SECONDS },
      );
    }
    usage.transfers += 1;
  }

  /** Gives a place back that {@link enter} took. What is idle then is forgotten at the next sweep. */
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

  /** Forgets, once a second, the owners that are idle and whose rate is full again. */
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
