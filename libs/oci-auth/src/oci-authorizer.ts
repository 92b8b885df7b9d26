import { type WallClock } from '@oci-connector/clock';
import { Attempt } from './attempt';
import { type Authorization, anonymous, basic } from './authorization';
import { type ChallengeHeader } from './challenge';
import { OciAuthError } from './oci-auth.errors';
import { judgeBasic } from './judge-basic';
import { LearnedActions, narrowerActions, wantedActions } from './learned-actions';
import { type NextPlan, planAfterRefusal, scopeHintOf } from './plan-after-refusal';
import { type RefreshingCache } from './refreshing-cache';
import { RefusalNotes } from './refusal-notes';
import { RefusedCredentials } from './refused-credentials';
import { type AuthPlan, type BearerPlan, discoverPlan } from './registry-probe';
import { formatScope, normalizeScopes, type RepositoryAction, type RepositoryScope } from './scope';
import { belongsTo, createAuthCache, type Grant, type KnownPlan, planKey, REFUSAL_PAUSE_MS, tokenKey } from './token-cache';
import { accessRefused, credentialRefused, type OciAuthHooks, type TokenOrder, TokenSource } from './token-source';
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

export interface AuthorizeOptions {
  /** The token should live at least this long, in milliseconds: longer than what is about to be sent takes to send. */
  minimumLifetimeMs?: number;
  /** Ends the caller's wait; a fetch that others share goes on. */
  signal?: AbortSignal;
  /** What a challenge may make us ask for, at most: the actions that the client's verb covers. Default: the scope's own. */
  limit?: readonly RepositoryAction[];
  /** What the request has already cost; see {@link OciAuthorizer.begin}. */
  attempt?: Attempt;
}

const DEFAULT_CACHE_SIZE = 10_000;
/** How long it is remembered how a registry wants to be authorised; a 401 corrects it at once. */
const PLAN_LIFETIME_MS = 30 * 60_000;
/** A token of so short a life may have ended on its way, whatever our clock says. */
const SHORT_LIFE_MS = 10_000;

/** One call's work, in the form that the steps share. */
interface Request extends Omit<TokenOrder, 'plan'> {
  /** What was asked for; `scopes` is what the registry calls it. */
  readonly own: readonly RepositoryScope[];
  readonly options: AuthorizeOptions;
}

/**
 * Obtains and keeps what a connector's requests to its registry must carry. The dance, in the order of its steps:
 *
 * 1. The registry is asked bare how it wants to be authorised, once per connector and credential ({@link authorize}).
 * 2. Bearer: a token for the scopes, with the connector's credential, or anonymously where it has none. Basic: the credential itself.
 *    Nothing: nothing.
 * 3. The registry refuses all the same ({@link rejected}): once, whatever else may help. A token that others have renewed meanwhile; the
 *    way that the refused request's own challenge names; the actions that it names, within the client's verb; a new token for an old one.
 * 4. Nothing else may help ({@link refused}): the credential or the action is refused, and which of them is found out.
 *
 * The token server refuses a scope: {@link narrowed}. The registry does what it was asked for: {@link succeeded}.
 */
export class OciAuthorizer {
  readonly #clock: WallClock;
  readonly #refusals: RefusedCredentials;
  readonly #source: TokenSource;
  readonly #plans: RefreshingCache<KnownPlan>;
  readonly #tokens: RefreshingCache<Grant>;
  readonly #actions = new LearnedActions(PLAN_LIFETIME_MS);
  readonly #notes = new RefusalNotes();
  /** UIDs of connectors for which a token to push was obtained. */
  readonly #written = new Set<string>();
  readonly #hooks: OciAuthHooks;

  constructor(options: OciAuthorizerOptions = {}) {
    const {
      clock = Date,
      random = Math.random,
      cacheSize = DEFAULT_CACHE_SIZE,
      hooks = {},
      refusals = new RefusedCredentials(clock),
    } = options;
    this.#clock = clock;
    this.#refusals = refusals;
    this.#source = new TokenSource({ clock, refusals, hooks });
    this.#plans = createAuthCache<KnownPlan>(clock, random, cacheSize);
    this.#tokens = createAuthCache<Grant>(clock, random, cacheSize);
    this.#hooks = hooks;
  }

  /** For {@link AuthorizeOptions.attempt}, at the beginning of a request: it may cost two requests to token servers. */
  begin(): Attempt {
    return new Attempt(this.#source.serial);
  }

  /**
   * What {@link authorize} gives, when that is known already; undefined when somebody has to be asked first. For callers
   * with many requests, whom a promise for each would cost more than the answer. Throws OciAuthError.
   */
  peek(registry: UpstreamRegistry, scopes: readonly RepositoryScope[], options: AuthorizeOptions = {}): Authorization | undefined {
    const known = this.#plans.peek(planKey(registry), () => this.#discover(registry));
    return known && this.#known(known.plan, this.#request(registry, scopes, options));
  }

  /** What to send for the scopes. Throws OciAuthError, or the signal's reason. */
  async authorize(registry: UpstreamRegistry, scopes: readonly RepositoryScope[], options: AuthorizeOptions = {}): Promise<Authorization> {
    const known = this.peek(registry, scopes, options);
    if (known !== undefined) {
      return known;
    }
    const { plan } = await this.#plans.get(planKey(registry), () => this.#discover(registry), { signal: options.signal });
    return await this.#authorizeBy(plan, this.#request(registry, scopes, options));
  }

  /** A token for the scopes that is there already, for at least `minimumLifetimeMs` more; nothing is asked for or renewed. */
  held(registry: UpstreamRegistry, scopes: readonly RepositoryScope[], minimumLifetimeMs: number): Authorization | undefined {
    // Asked for every read: most connectors are only read.
    if (!this.#written.has(registry.connectorUid)) {
      return undefined;
    }
    const plan = this.#plans.inspect(planKey(registry))?.plan;
    const grant = plan?.scheme === 'bearer' ? this.#tokens.inspect(keyOf(plan, this.#request(registry, scopes, {}))) : undefined;
    return grant && grant.expiresAt - this.#clock.now() > minimumLifetimeMs ? grant.authorization : undefined;
  }

  /** Whether only a write can tell how the registry authorises writes: everybody may read there, and the connector has a credential. */
  mustLearnToWrite(registry: UpstreamRegistry): boolean {
    const known = this.#plans.inspect(planKey(registry));
    return known?.plan.scheme === 'none' && !known.learned && registry.credential !== undefined;
  }

  /** Everybody may write there, too. */
  learnedOpen(registry: UpstreamRegistry): void {
    this.#plans.set(planKey(registry), this.#know({ scheme: 'none' }, true));
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
    const request = this.#request(registry, scopes, options);
    const known = this.#plans.inspect(planKey(registry));
    const newer = known && this.#newerToken(known.plan, request, authorization);
    if (newer) {
      return newer;
    }
    const next = await planAfterRefusal(registry, { refused: authorization, known, challenge }, () => this.#clock.now());
    if (next === undefined) {
      throw await this.refused(registry, scopes, authorization, options);
    }
    const wanted = this.#asTheRegistryWants(request, next.scopeHint);
    if (next.plan.scheme !== authorization.scheme) {
      return await this.#inAnotherWay(next, wanted);
    }
    this.#plans.set(planKey(registry), this.#know(next.plan, next.learned));
    if (next.plan.scheme === 'bearer') {
      return await this.#anotherToken(next.plan, wanted, authorization);
    }
    throw await this.refused(registry, scopes, authorization, options);
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
    const [own] = request.own;
    const hint = scopeHintOf(challenge, registry);
    const actions = own && narrowerActions(own, wantedActions(hint, own, options.limit));
    if (own === undefined || actions === undefined) {
      throw accessRefused(registry, 400);
    }
    this.#actions.set(registry, own, actions);
    return await this.authorize(registry, scopes, options);
  }

  /** Why the registry refuses, for good: `CredentialRefused`, `CredentialMissing`, `AccessRefused` or `TokenExpired`. Throws nothing. */
  async refused(
    registry: UpstreamRegistry,
    scopes: readonly RepositoryScope[],
    authorization: Authorization,
    options: AuthorizeOptions = {},
  ): Promise<OciAuthError> {
    const request = this.#request(registry, scopes, options);
    if (authorization.scheme === 'none') {
      return registry.credential ? credentialRefused(registry) : accessRefused(registry);
    }
    if (authorization.scheme === 'basic') {
      return await this.#judgeBasic(request);
    }
    const plan = this.#plans.inspect(planKey(registry))?.plan;
    if (plan?.scheme !== 'bearer') {
      return accessRefused(registry);
    }
    this.#note(request, plan);
    const grant = this.#tokens.inspect(keyOf(plan, request));
    if (grant && isShortLived(grant)) {
      return new OciAuthError(
        'TokenExpired',
        `The tokens of the token server ${plan.realm.origin} end before the registry ${registry.origin} sees them. Let it give them a longer life.`,
      );
    }
    return await this.#source.judge({ ...request, plan });
  }

  /** Call when the registry carried out a write: what it refused before in that repository says nothing any more. */
  succeeded(registry: UpstreamRegistry, repository: string): void {
    for (const key of this.#notes.take(repositoryKey(registry, repository))) {
      this.#tokens.delete(key);
    }
  }

  /** Drops everything kept for a connector, as when it is deleted. */
  forget(connectorUid: string): void {
    const belongs = belongsTo(connectorUid);
    this.#plans.forget(belongs);
    this.#tokens.forget(belongs);
    this.#written.delete(connectorUid);
    this.#notes.forget(belongs);
    this.#actions.forget(belongs);
  }

  #request(registry: UpstreamRegistry, scopes: readonly RepositoryScope[], options: AuthorizeOptions): Request {
    const own = normalizeScopes(scopes);
    return { registry, own, scopes: this.#actions.named(registry, own), options, attempt: options.attempt ?? this.begin() };
  }

  /** The request with the actions that the challenge names, if it names one that we did not ask for and may; that is remembered. */
  #asTheRegistryWants(request: Request, hint: string | undefined): Request {
    const { registry, options } = request;
    const [own] = request.own;
    if (own === undefined) {
      return request;
    }
    const hinted = wantedActions(hint, own, options.limit);
    if (hinted.every((action) => request.scopes[0]?.actions.includes(action))) {
      return request;
    }
    this.#actions.set(registry, own, hinted);
    return { ...request, scopes: this.#actions.named(registry, request.own) };
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
    if (known !== undefined || plan.scheme !== 'bearer') {
      return known as Authorization;
    }
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
        if (registry.credential) {
          this.#refusals.check({ url: registry.origin }, registry.credential);
        }
        if (this.#tokens.hasFailures) {
          this.#tokens.throwIfFailed(keyOf(plan, request));
        }
        return basic(registry, scopes);
      case 'bearer': {
        const cached = this.#tokens.peek(keyOf(plan, request), () => this.#fetchGrant(plan, request), options);
        if (cached) {
          this.#hooks.onCacheHit?.({ connectorUid: registry.connectorUid });
        }
        return cached?.authorization;
      }
    }
  }

  /** Forgets, when the token server gave nothing, that it was the one to ask: the registry may name another by now. */
  async #fetched(registry: UpstreamRegistry, fetching: Promise<Grant>): Promise<Grant> {
    try {
      return await fetching;
    } catch (error) {
      const doubtful =
        error instanceof OciAuthError && (error.code === 'TokenEndpointUnreachable' || error.code === 'TokenResponseInvalid');
      if (doubtful) {
        this.#plans.delete(planKey(registry));
      }
      throw error;
    }
  }

  async #fetchGrant(plan: BearerPlan, request: Request): Promise<Grant> {
    try {
      const grant = await this.#source.grant({ ...request, plan });
      if (request.scopes[0]?.actions.includes('push')) {
        this.#written.add(request.registry.connectorUid);
      }
      return grant;
    } catch (error) {
      this.#note(request, plan);
      throw error;
    }
  }

  /** What is kept of this request stands for a refusal, until something succeeds in the repository. */
  #note(request: Request, plan: AuthPlan): void {
    const [first] = request.own;
    if (first === undefined) {
      return;
    }
    this.#notes.add(request.registry.connectorUid, repositoryKey(request.registry, first.repository), keyOf(plan, request));
  }

  /**
   * What another scheme gives. All requests go that way from then on, so first this one must have been given something: a part of an open
   * registry that nobody here can enter closes none of the rest. Without a credential that holds for writes alone, as the rest stays open.
   */
  async #inAnotherWay({ plan, learned }: NextPlan, request: Request): Promise<Authorization> {
    const { registry, own } = request;
    const authorization = await this.#authorizeBy(plan, request);
    const isForAll = registry.credential !== undefined || !learned || own[0]?.actions.includes('push') === true;
    if (isForAll) {
      this.#plans.set(planKey(registry), this.#know(plan, learned));
    }
    return authorization;
  }

  /** What another request put in the refused token's place meanwhile. */
  #newerToken(plan: AuthPlan, request: Request, refused: Authorization): Authorization | undefined {
    if (plan.scheme !== 'bearer' || refused.scheme !== 'bearer' || !refused.header) {
      return undefined;
    }
    const grant = this.#tokens.inspect(keyOf(plan, request));
    if (grant === undefined || grant.expiresAt <= this.#clock.now() || grant.authorization.header?.equals(refused.header)) {
      return undefined;
    }
    return grant.authorization;
  }

  /**
   * A new token in place of a refused one, unless that was obtained by this request or a moment ago in place of another: asking for one
   * more each time would lock the account of a wrong password, to which Harbor gives tokens without rights. The token stays, for what
   * it may be good for.
   */
  async #anotherToken(plan: BearerPlan, request: Request, refused: Authorization): Promise<Authorization> {
    const key = keyOf(plan, request);
    const load = (): Promise<Grant> => this.#fetchGrant(plan, request);
    const grant = this.#tokens.inspect(key);
    const isRefusedOne = grant !== undefined && refused.header !== undefined && grant.authorization.header?.equals(refused.header) === true;
    if (!isRefusedOne) {
      return (await this.#tokens.get(key, load)).authorization;
    }
    if (request.attempt.left === 0 || this.#isNew(grant, request)) {
      throw await this.refused(request.registry, request.own, refused, { ...request.options, attempt: request.attempt });
    }
    const replacement = async (): Promise<Grant> => ({ ...(await load()), replacedAt: this.#clock.now() });
    return (await this.#tokens.replace(key, replacement)).authorization;
  }

  #isNew(grant: Grant, { attempt }: Request): boolean {
    const now = this.#clock.now();
    if (isShortLived(grant) || grant.expiresAt <= now) {
      return false;
    }
    return grant.serial > attempt.since || (grant.replacedAt !== undefined && now - grant.replacedAt < REFUSAL_PAUSE_MS);
  }

  async #judgeBasic(request: Request): Promise<OciAuthError> {
    const { registry } = request;
    const { credential } = registry;
    if (credential === undefined) {
      return accessRefused(registry);
    }
    this.#note(request, { scheme: 'basic' });
    const refusal = await judgeBasic(registry, credential, this.#refusals);
    this.#tokens.fail(keyOf({ scheme: 'basic' }, request), refusal);
    return refusal;
  }
}

function keyOf(plan: AuthPlan, request: Request): string {
  return tokenKey(request.registry, plan, request.scopes.map(formatScope));
}

/** Of the same form as the keys of tokens, so that they are forgotten alike. */
function repositoryKey({ connectorUid, origin }: UpstreamRegistry, repository: string): string {
  return JSON.stringify([connectorUid, origin, repository]);
}

function isShortLived({ expiresAt, obtainedAt }: Grant): boolean {
  return expiresAt - obtainedAt < SHORT_LIFE_MS;
}
