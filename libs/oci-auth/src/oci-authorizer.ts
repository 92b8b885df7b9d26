import { systemClock, type WallClock } from '@oci-connector/clock';
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
  /** Returns a number from 0 up to, not including, 1; spreads the renewals. */
  random?: () => number;
  /** The most tokens to cache; a token has a few KiB. */
  cacheSize?: number;
  hooks?: OciAuthHooks;
  /** Shared with the other parts of the program that send credentials. Default: an own one. */
  refusals?: RefusedCredentials;
}

const DEFAULT_CACHE_SIZE = 10_000;

/** Obtains and caches the authorisation for a connector's requests to its registry. {@link dance} is the procedure. */
export class OciAuthorizer {
  readonly #memory: DanceMemory;

  constructor(options: OciAuthorizerOptions = {}) {
    const { clock = systemClock, random = Math.random, cacheSize = DEFAULT_CACHE_SIZE, hooks = {} } = options;
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

  /** Returns a value for {@link AuthorizeOptions.attempt}. Call at the beginning of a request; it allows two token requests. */
  begin(): Attempt {
    return new Attempt(this.#memory.source.serial);
  }

  /**
   * Returns the result of {@link authorize} when it is cached; undefined when a request is needed first. For callers with many
   * requests, where a promise for each would cost more than the look-up.
   *
   * @throws OciAuthError when a refusal is cached, or the connector has no credential for Basic
   */
  peek(registry: UpstreamRegistry, scopes: readonly RepositoryScope[], options: AuthorizeOptions = {}): Authorization | undefined {
    const plan = this.#memory.plans.peek(registry);
    return plan && knownAuthorization(this.#memory, plan, this.#request(registry, scopes, options));
  }

  /**
   * Returns the authorisation to send for the scopes.
   *
   * @throws OciAuthError when there is none; or the signal's reason
   */
  async authorize(registry: UpstreamRegistry, scopes: readonly RepositoryScope[], options: AuthorizeOptions = {}): Promise<Authorization> {
    return this.peek(registry, scopes, options) ?? (await dance(this.#memory, this.#request(registry, scopes, options)));
  }

  /** Returns a cached token for the scopes that is valid for more than `minimumLifetimeMs`. Sends no request and renews nothing. */
  held(registry: UpstreamRegistry, scopes: readonly RepositoryScope[], minimumLifetimeMs: number): Authorization | undefined {
    const { plans, tokens } = this.#memory;
    // Called for every read, and most connectors are only read.
    if (!tokens.hasWritten(registry)) {
      return undefined;
    }
    const plan = plans.inspect(registry)?.plan;
    return plan?.scheme === 'bearer' ? tokens.held(plan, this.#request(registry, scopes, {}), minimumLifetimeMs) : undefined;
  }

  /** Whether only a write can show how the registry authorises writes: everybody may read there, and the connector has a credential. */
  mustLearnToWrite(registry: UpstreamRegistry): boolean {
    const known = this.#memory.plans.inspect(registry);
    return known?.plan.scheme === 'none' && !known.learned && registry.credential !== undefined;
  }

  /** Records that everybody may write to the registry, too. */
  learnedOpen(registry: UpstreamRegistry): void {
    this.#memory.plans.set(registry, { scheme: 'none' }, true);
  }

  /**
   * Returns another authorisation to try. Call when the registry refused the result of {@link authorize} or of this method.
   * Never falls back from a refused credential to anonymous access.
   *
   * @throws OciAuthError the result of {@link refused}, when there is nothing else to try
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
   * Returns an authorisation for other actions, and remembers these actions for the connector. Call once, when the token server refused
   * the scope. The first of these that applies is tried: 1. the actions that the registry's challenge to this request names, within
   * `limit`; 2. `*` for a deletion, or the actions of the upload itself for a cancelled upload.
   *
   * @throws OciAuthError when there are no other actions to try, or the token server refuses them too
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

  /** Returns why the registry finally refuses: `CredentialRefused`, `CredentialMissing`, `AccessRefused` or `TokenExpired`. */
  async refused(
    registry: UpstreamRegistry,
    scopes: readonly RepositoryScope[],
    authorization: Authorization,
    options: AuthorizeOptions = {},
  ): Promise<OciAuthError> {
    return await judgeRefusal(this.#memory, this.#request(registry, scopes, options), authorization);
  }

  /** Call when a write succeeded: earlier refusals in that repository no longer count. */
  succeeded(registry: UpstreamRegistry, repository: string): void {
    this.#memory.tokens.endRefusals(registry, repository);
  }

  /** Deletes all state of a connector. Call when it is deleted. */
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
