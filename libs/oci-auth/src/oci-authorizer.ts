import { type WallClock } from '@oci-connector/clock';
import { Attempt } from './attempt';
import { type AuthorizeOptions, type AuthRequest } from './auth-request';
import { type Authorization } from './authorization';
import { type ChallengeHeader } from './challenge';
import { dance } from './dance';
import { type DanceMemory } from './dance-memory';
import { judgeRefusal } from './judge-refusal';
import { KnownPlans, PLAN_LIFETIME_MS } from './known-plans';
import { KnownTokens } from './known-tokens';
import { LearnedActions } from './learned-actions';
import { type OciAuthError } from './oci-auth.errors';
import { knownAuthorization } from './obtain';
import { scopeHintOf } from './plan-after-refusal';
import { RefusedCredentials } from './refused-credentials';
import { normalizeScopes, type RepositoryScope } from './scope';
import { belongsTo } from './token-cache';
import { accessRefused, type OciAuthHooks, TokenSource } from './token-source';
import { type UpstreamRegistry } from './upstream-registry';

export interface OciAuthorizerOptions {
  clock?: WallClock;
  /** 0 ≤ number < 1; spreads the renewals. */
  random?: () => number;
  /** Tokens kept at most; a token has some KiB. */
  cacheSize?: number;
  hooks?: OciAuthHooks;
  /** Shared with whatever else of the program sends credentials; its own when absent. */
  refusals?: RefusedCredentials;
}

const DEFAULT_CACHE_SIZE = 10_000;

/** Obtains and keeps what a connector's requests to its registry must carry. {@link dance} tells how. */
export class OciAuthorizer {
  readonly #memory: DanceMemory;

  constructor(options: OciAuthorizerOptions = {}) {
    const { clock = Date, random = Math.random, cacheSize = DEFAULT_CACHE_SIZE, hooks = {} } = options;
    const refusals = options.refusals ?? new RefusedCredentials(clock);
    const source = new TokenSource({ clock, refusals, hooks });
    const cache = { clock, random, maxEntries: cacheSize };
    this.#memory = {
      clock,
      plans: new KnownPlans(cache),
      tokens: new KnownTokens({ ...cache, source, hooks }),
      refusals,
      actions: new LearnedActions(clock, PLAN_LIFETIME_MS),
      source,
    };
  }

  /** For {@link AuthorizeOptions.attempt}, at the beginning of a request: it may cost two requests to token servers. */
  begin(): Attempt {
    return new Attempt(this.#memory.source.serial);
  }

  /**
   * What {@link authorize} gives, when that is known already; undefined when somebody has to be asked first. For callers
   * with many requests, whom a promise for each would cost more than the answer. Throws OciAuthError.
   */
  peek(registry: UpstreamRegistry, scopes: readonly RepositoryScope[], options: AuthorizeOptions = {}): Authorization | undefined {
    const plan = this.#memory.plans.peek(registry);
    return plan && knownAuthorization(this.#memory, plan, this.#request(registry, scopes, options));
  }

  /** What to send for the scopes. Throws OciAuthError, or the signal's reason. */
  async authorize(registry: UpstreamRegistry, scopes: readonly RepositoryScope[], options: AuthorizeOptions = {}): Promise<Authorization> {
    return this.peek(registry, scopes, options) ?? (await dance(this.#memory, this.#request(registry, scopes, options)));
  }

  /** A token for the scopes that is there already, for at least `minimumLifetimeMs` more; nothing is asked for or renewed. */
  held(registry: UpstreamRegistry, scopes: readonly RepositoryScope[], minimumLifetimeMs: number): Authorization | undefined {
    const { plans, tokens } = this.#memory;
    // Asked for every read: most connectors are only read.
    if (!tokens.hasWritten(registry)) {
      return undefined;
    }
    const plan = plans.inspect(registry)?.plan;
    return plan?.scheme === 'bearer' ? tokens.held(plan, this.#request(registry, scopes, {}), minimumLifetimeMs) : undefined;
  }

  /** Whether only a write can tell how the registry authorises writes: everybody may read there, and the connector has a credential. */
  mustLearnToWrite(registry: UpstreamRegistry): boolean {
    const known = this.#memory.plans.inspect(registry);
    return known?.plan.scheme === 'none' && !known.learned && registry.credential !== undefined;
  }

  /** Everybody may write there, too. */
  learnedOpen(registry: UpstreamRegistry): void {
    this.#memory.plans.set(registry, { scheme: 'none' }, true);
  }

  /**
   * Call when the registry refused what {@link authorize} or this gave: gives something else to try, and throws what
   * {@link refused} says when there is nothing else. Never falls back from a refused credential to anonymous access.
   */
  async rejected(
    registry: UpstreamRegistry,
    scopes: readonly RepositoryScope[],
    authorization: Authorization,
    { challenge, ...options }: AuthorizeOptions & { challenge?: ChallengeHeader } = {},
  ): Promise<Authorization> {
    return await dance(this.#memory, this.#request(registry, scopes, options), { carried: authorization, challenge });
  }

  /**
   * Call when the token server refused the scope: gives an authorisation for what comes next in this order, once, and remembers it for
   * the connector. 1. the actions that the registry's challenge to this very request names, within `limit`; 2. of a deletion `*`, or of
   * an upload that is cancelled what the upload itself asks for. Throws OciAuthError.
   */
  async narrowed(
    registry: UpstreamRegistry,
    scopes: readonly RepositoryScope[],
    { challenge, ...options }: AuthorizeOptions & { challenge?: ChallengeHeader } = {},
  ): Promise<Authorization> {
    const request = this.#request(registry, scopes, options);
    if (!this.#memory.actions.narrow(request, scopeHintOf(challenge, registry))) {
      throw accessRefused(registry, 400);
    }
    return await this.authorize(registry, scopes, options);
  }

  /** Why the registry refuses, for good: `CredentialRefused`, `CredentialMissing`, `AccessRefused` or `TokenExpired`. Throws nothing. */
  async refused(
    registry: UpstreamRegistry,
    scopes: readonly RepositoryScope[],
    authorization: Authorization,
    options: AuthorizeOptions = {},
  ): Promise<OciAuthError> {
    return await judgeRefusal(this.#memory, this.#request(registry, scopes, options), authorization);
  }

  /** Call when the registry carried out a write: what it refused before in that repository says nothing any more. */
  succeeded(registry: UpstreamRegistry, repository: string): void {
    this.#memory.tokens.endRefusals(registry, repository);
  }

  /** Drops everything kept for a connector, as when it is deleted. */
  forget(connectorUid: string): void {
    const belongs = belongsTo(connectorUid);
    this.#memory.plans.forget(belongs);
    this.#memory.tokens.forget(connectorUid, belongs);
    this.#memory.actions.forget(belongs);
  }

  #request(registry: UpstreamRegistry, scopes: readonly RepositoryScope[], options: AuthorizeOptions): AuthRequest {
    const own = normalizeScopes(scopes);
    return { registry, own, scopes: this.#memory.actions.named(registry, own), options, attempt: options.attempt ?? this.begin() };
  }
}
