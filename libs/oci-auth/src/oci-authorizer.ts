import { type WallClock } from '@oci-connector/clock';
import { Sensitive } from '@oci-connector/sensitive';
import { type Authorization, anonymous, basic } from './authorization';
import { type Challenge, parseChallenges } from './challenge';
import { OciAuthError, type OciAuthErrorCode } from './oci-auth.errors';
import { type RefreshingCache } from './refreshing-cache';
import { type AuthPlan, type BearerPlan, discoverPlan, planFromChallenges } from './registry-probe';
import { formatScope, normalizeScopes, parseScopeHint, type RepositoryScope } from './scope';
import { belongsTo, createAuthCache, type Grant, type KnownPlan, planKey, REFUSAL_PAUSE_MS, tokenKey } from './token-cache';
import { type Token } from './token-response';
import { TokenClient } from './token-client';
import { type UpstreamRegistry } from './upstream-registry';

/** For metrics; must not throw. */
export interface OciAuthHooks {
  /** A request to a token server ended; for a refusal of two scopes there are two. */
  onTokenFetch?(event: { connectorUid: string; outcome: 'ok' | OciAuthErrorCode; durationMs: number }): void;
  onCacheHit?(event: { connectorUid: string }): void;
  onCacheMiss?(event: { connectorUid: string }): void;
}

export interface OciAuthorizerOptions {
  clock?: WallClock;
  /** 0 ≤ number < 1; spreads the renewals. */
  random?: () => number;
  /** Tokens kept at most; a token has some KiB. */
  cacheSize?: number;
  hooks?: OciAuthHooks;
}

export interface AuthorizeOptions {
  /** The token should live at least this long, in milliseconds: longer than what is about to be sent takes to send. */
  minimumLifetimeMs?: number;
  /** Ends the caller's wait; a fetch that others share goes on. */
  signal?: AbortSignal;
}

const DEFAULT_CACHE_SIZE = 10_000;
/** How long it is remembered how a registry wants to be authorised; a 401 corrects it at once. */
const PLAN_LIFETIME_MS = 30 * 60_000;

/** One call's work, in the form that the steps share. */
interface Request {
  readonly registry: UpstreamRegistry;
  readonly scopes: readonly RepositoryScope[];
  readonly options: AuthorizeOptions;
}

/** A refusal that may concern the set of scopes and not the credential. */
function mayRefuseScopes(error: unknown): boolean {
  const status = error instanceof OciAuthError ? error.status : undefined;
  return status !== undefined && status >= 400 && status < 500 && status !== 429;
}

/**
 * Obtains and keeps what a connector's requests to its registry must carry:
 *
 * 1. ask the registry bare how it wants to be authorised (once per connector and credential);
 * 2. Bearer: fetch a token for the scopes with the connector's credential, or anonymously where it has none;
 *    Basic: the credential itself; nothing: nothing;
 * 3. when the registry answers 401 all the same ({@link rejected}): drop the token, ask again, fetch a new one, once.
 */
export class OciAuthorizer {
  readonly #clock: WallClock;
  readonly #client: TokenClient;
  readonly #plans: RefreshingCache<KnownPlan>;
  readonly #tokens: RefreshingCache<Grant>;
  readonly #hooks: OciAuthHooks;

  constructor(options: OciAuthorizerOptions = {}) {
    const { clock = Date, random = Math.random, cacheSize = DEFAULT_CACHE_SIZE, hooks = {} } = options;
    this.#clock = clock;
    this.#client = new TokenClient(clock);
    this.#plans = createAuthCache<KnownPlan>(clock, random, cacheSize);
    this.#tokens = createAuthCache<Grant>(clock, random, cacheSize);
    this.#hooks = hooks;
  }

  /**
   * What {@link authorize} gives, when that is known already; undefined when somebody has to be asked first. For callers
   * with many requests, whom a promise for each would cost more than the answer. Throws OciAuthError.
   */
  peek(registry: UpstreamRegistry, scopes: readonly RepositoryScope[], options: AuthorizeOptions = {}): Authorization | undefined {
    const known = this.#plans.peek(planKey(registry), () => this.#discover(registry));
    return known && this.#known(known.plan, { registry, scopes: normalizeScopes(scopes), options });
  }

  /** What to send for the scopes. Throws OciAuthError, or the signal's reason. */
  async authorize(registry: UpstreamRegistry, scopes: readonly RepositoryScope[], options: AuthorizeOptions = {}): Promise<Authorization> {
    const known = this.peek(registry, scopes, options);
    if (known !== undefined) return known;
    const request: Request = { registry, scopes: normalizeScopes(scopes), options };
    const { plan } = await this.#plans.get(planKey(registry), () => this.#discover(registry), { signal: options.signal });
    return await this.#authorizeBy(plan, request);
  }

  /**
   * Call when the registry answered 401 to what {@link authorize} or this gave: gives something else to try, and throws
   * `CredentialRefused` when there is nothing else. `wwwAuthenticate` is that answer's header. Never falls back from a
   * refused credential to anonymous access.
   */
  async rejected(
    registry: UpstreamRegistry,
    scopes: readonly RepositoryScope[],
    authorization: Authorization,
    wwwAuthenticate: string | readonly string[] | undefined,
  ): Promise<Authorization> {
    const request: Request = { registry, scopes: normalizeScopes(scopes), options: {} };
    const known = this.#plans.inspect(planKey(registry));
    if (authorization.scheme === 'bearer' && known?.plan.scheme === 'bearer') {
      const newer = this.#newerGrant(known.plan, request, authorization);
      if (newer) return newer;
    }
    const { plan, learned, scopeHint } = await this.#planAfterRefusal(registry, authorization, known, wwwAuthenticate);
    this.#plans.set(planKey(registry), this.#know(plan, learned));
    if (plan.scheme === 'bearer') return await this.#anotherToken(plan, request, authorization, parseScopeHint(scopeHint));
    if (plan.scheme !== authorization.scheme) return await this.#authorizeBy(plan, request);
    const error = unauthorized(registry);
    this.#tokens.fail(keyOf(plan, request), error);
    throw error;
  }

  /** Drops everything kept for a connector, as when it is deleted. */
  forget(connectorUid: string): void {
    this.#plans.forget(belongsTo(connectorUid));
    this.#tokens.forget(belongsTo(connectorUid));
  }

  #know(plan: AuthPlan, learned: boolean): KnownPlan {
    return { plan, learned, expiresAt: this.#clock.now() + PLAN_LIFETIME_MS };
  }

  async #discover(registry: UpstreamRegistry): Promise<KnownPlan> {
    const plan = await discoverPlan(registry, () => this.#clock.now());
    const known = this.#plans.inspect(planKey(registry));
    // A renewal must not forget in the middle of an upload what only a refused request could tell.
    return plan.scheme === 'none' && known?.learned ? this.#know(known.plan, true) : this.#know(plan, false);
  }

  async #authorizeBy(plan: AuthPlan, request: Request): Promise<Authorization> {
    const known = this.#known(plan, request);
    if (known !== undefined || plan.scheme !== 'bearer') return known as Authorization;
    const { registry, options } = request;
    this.#hooks.onCacheMiss?.({ connectorUid: registry.connectorUid });
    const fetching = this.#tokens.get(keyOf(plan, request), () => this.#fetchGrant(plan, request), options);
    return (await this.#fetched(registry, fetching)).authorization;
  }

  /** The authorisation for which nobody has to be asked; undefined: a token has to be fetched. */
  #known(plan: AuthPlan, request: Request): Authorization | undefined {
    const { registry, scopes, options } = request;
    switch (plan.scheme) {
      case 'none':
        return anonymous(scopes);
      case 'basic':
        if (this.#tokens.hasFailures) this.#tokens.throwIfFailed(keyOf(plan, request));
        return basic(registry, scopes);
      case 'bearer': {
        const cached = this.#tokens.peek(keyOf(plan, request), () => this.#fetchGrant(plan, request), options);
        if (cached) this.#hooks.onCacheHit?.({ connectorUid: registry.connectorUid });
        return cached?.authorization;
      }
    }
  }

  /** Forgets, when the token server gave nothing, that it was the one to ask: the registry may name another by now. */
  async #fetched(registry: UpstreamRegistry, fetching: Promise<Grant>): Promise<Grant> {
    try {
      return await fetching;
    } catch (error) {
      const doubtful = error instanceof OciAuthError && (error.code === 'TokenEndpointUnreachable' || error.code === 'TokenResponseInvalid');
      if (doubtful) this.#plans.delete(planKey(registry));
      throw error;
    }
  }

  /**
   * What another request put in the refused token's place meanwhile. Throws when the refused token itself is that new:
   * a wrong password gets a token without rights from Harbor, and asking for one more with each request would lock the
   * account. The token stays, for what it may be good for.
   */
  #newerGrant(plan: AuthPlan, request: Request, refused: Authorization): Authorization | undefined {
    const grant = this.#tokens.inspect(keyOf(plan, request));
    if (grant === undefined) return undefined;
    if (refused.header && !grant.authorization.header?.equals(refused.header)) return grant.authorization;
    const isNew = grant.replacedAt !== undefined && this.#clock.now() - grant.replacedAt < REFUSAL_PAUSE_MS;
    if (isNew) throw unauthorized(request.registry);
    return undefined;
  }

  /** How to go on after a 401, with the scope that the registry says it wants. */
  async #planAfterRefusal(
    registry: UpstreamRegistry,
    refused: Authorization,
    known: KnownPlan | undefined,
    wwwAuthenticate: string | readonly string[] | undefined,
  ): Promise<{ plan: AuthPlan; learned: boolean; scopeHint?: string }> {
    const challenges = parseChallenges(wwwAuthenticate);
    if (refused.scheme === 'none') return learnedFrom(challenges, registry);
    const challenged = tolerantPlan(challenges, registry);
    const scopeHint = challenged?.scopeHint;
    if (challenged && known?.plan.scheme === 'bearer' && challenged.realm.href === known.plan.realm.href) {
      return { plan: challenged, learned: known.learned, scopeHint };
    }
    const plan = await discoverPlan(registry, () => this.#clock.now());
    if (plan.scheme !== 'none') return { plan, learned: false, scopeHint };
    if (challenged) return { plan: challenged, learned: true, scopeHint };
    if (registry.credential) throw unauthorized(registry);
    return { plan, learned: false };
  }

  /** A new token in place of a refused one; after a refusal without a token, any that is there. */
  async #anotherToken(plan: BearerPlan, request: Request, refused: Authorization, hints: readonly string[]): Promise<Authorization> {
    const key = keyOf(plan, request);
    const load = (): Promise<Grant> => this.#fetchGrant(plan, request, hints);
    if (refused.scheme !== 'bearer') return (await this.#tokens.get(key, load)).authorization;
    const replacement = async (): Promise<Grant> => ({ ...(await load()), replacedAt: this.#clock.now() });
    return (await this.#tokens.replace(key, replacement)).authorization;
  }

  /**
   * A token for all scopes or, where the server refuses more than one, for the first: a push without its mount is
   * better than no push.
   */
  async #fetchGrant(plan: BearerPlan, request: Request, hints: readonly string[] = []): Promise<Grant> {
    const { registry, scopes } = request;
    const own = scopes.map(formatScope);
    try {
      const wanted = [...hints, ...own.filter((scope) => !hints.includes(scope))];
      return toGrant(await this.#fetchToken(registry, plan, wanted), scopes, []);
    } catch (error) {
      if (scopes.length < 2 || !mayRefuseScopes(error)) throw error;
      return toGrant(await this.#fetchToken(registry, plan, own.slice(0, 1)), scopes.slice(0, 1), scopes.slice(1));
    }
  }

  async #fetchToken(registry: UpstreamRegistry, plan: BearerPlan, scopes: readonly string[]): Promise<Token> {
    const startedAt = this.#clock.now();
    let outcome: 'ok' | OciAuthErrorCode = 'TokenEndpointUnreachable';
    try {
      const token = await this.#client.fetchToken(registry, { realm: plan.realm, service: plan.service, scopes });
      outcome = 'ok';
      return token;
    } catch (error) {
      if (error instanceof OciAuthError) outcome = error.code;
      throw error;
    } finally {
      const durationMs = this.#clock.now() - startedAt;
      this.#hooks.onTokenFetch?.({ connectorUid: registry.connectorUid, outcome, durationMs });
    }
  }
}

function keyOf(plan: AuthPlan, request: Request): string {
  return tokenKey(request.registry, plan, request.scopes.map(formatScope));
}

/**
 * The plan in the answer to a request that carried nothing. It is about the thing itself: a registry may say 200 to
 * `/v2/` and still want a credential for a push. Throws OciAuthError.
 */
function learnedFrom(challenges: readonly Challenge[], registry: UpstreamRegistry): { plan: AuthPlan; learned: boolean; scopeHint?: string } {
  const plan = planFromChallenges(challenges, registry) ?? (registry.credential && { scheme: 'basic' as const });
  if (plan === undefined) throw unauthorized(registry);
  return { plan, learned: true, scopeHint: plan.scheme === 'bearer' ? plan.scopeHint : undefined };
}

/** The Bearer plan in the answer to a refused Authorization, which may be wrong in any way; the bare question decides then. */
function tolerantPlan(challenges: readonly Challenge[], registry: UpstreamRegistry): BearerPlan | undefined {
  try {
    const plan = planFromChallenges(challenges, registry);
    return plan?.scheme === 'bearer' ? plan : undefined;
  } catch (error) {
    if (error instanceof OciAuthError) return undefined;
    throw error;
  }
}

function unauthorized(registry: UpstreamRegistry): OciAuthError {
  const { origin, credential } = registry;
  return credential
    ? new OciAuthError(
        'CredentialRefused',
        `The registry ${origin} refuses the connector's credential for this repository and action. Check the Secret and the account's permissions.`,
        { status: 401 },
      )
    : new OciAuthError('CredentialMissing', `The registry ${origin} wants a credential. Name a Secret in spec.auth.secretRef.`, { status: 401 });
}

function toGrant(token: Token, scopes: readonly RepositoryScope[], refusedScopes: readonly RepositoryScope[]): Grant {
  // The scheme's name exactly so: Harbor compares it letter by letter.
  const header = new Sensitive(`Bearer ${token.value.reveal()}`);
  return { authorization: { scheme: 'bearer', header, expiresAt: token.expiresAt, scopes, refusedScopes }, expiresAt: token.expiresAt };
}
