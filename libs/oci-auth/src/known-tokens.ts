import { type WallClock } from '@oci-connector/clock';
import { type AuthRequest } from './auth-request';
import { type Authorization } from './authorization';
import { type OciAuthError } from './oci-auth.errors';
import { type RefreshingCache } from './refreshing-cache';
import { RefusalNotes } from './refusal-notes';
import { type AuthPlan, type BearerPlan } from './registry-probe';
import { formatScope } from './scope';
import { type AuthCacheOptions, createAuthCache, type Grant, REFUSAL_PAUSE_MS, tokenKey } from './token-cache';
import { type OciAuthHooks, type TokenSource } from './token-source';
import { type UpstreamRegistry } from './upstream-registry';

/** A token with a shorter lifetime may have expired on its way to the registry, whatever our clock says. In milliseconds. */
const SHORT_LIFE_MS = 10_000;

export interface KnownTokensOptions extends AuthCacheOptions {
  readonly source: TokenSource;
  readonly hooks: OciAuthHooks;
}

/** Caches tokens and recent refusals by connector, credential, token server and scopes. */
export class KnownTokens {
  readonly #clock: WallClock;
  readonly #tokens: RefreshingCache<Grant>;
  readonly #notes = new RefusalNotes();
  /** UIDs of connectors for which a push token was obtained. */
  readonly #written = new Set<string>();

  constructor(private readonly options: KnownTokensOptions) {
    this.#clock = options.clock;
    this.#tokens = createAuthCache<Grant>(options);
  }

  /** Returns the cached token, unless it is about to expire. A token that is due is renewed in the background. */
  peek(plan: BearerPlan, request: AuthRequest): Authorization | undefined {
    const known = this.#tokens.peek(keyOf(plan, request), () => this.#fetch(plan, request), request.options);
    if (known) {
      this.options.hooks.onCacheHit?.({ connectorUid: request.registry.connectorUid });
    }
    return known?.authorization;
  }

  /**
   * Returns the cached token, or a new one.
   *
   * @throws OciAuthError when the token server gives no token; or the signal's reason
   */
  async get(plan: BearerPlan, request: AuthRequest): Promise<Authorization> {
    this.options.hooks.onCacheMiss?.({ connectorUid: request.registry.connectorUid });
    return (await this.#tokens.get(keyOf(plan, request), () => this.#fetch(plan, request), request.options)).authorization;
  }

  /** Returns a cached token that is valid for more than `minimumLifetimeMs`. Sends no request and renews nothing. */
  held(plan: BearerPlan, request: AuthRequest, minimumLifetimeMs: number): Authorization | undefined {
    const grant = this.#inspect(plan, request);
    return grant && grant.expiresAt - this.#clock.now() > minimumLifetimeMs ? grant.authorization : undefined;
  }

  /** False for connectors that have only read (most of them): they have no push token. */
  hasWritten({ connectorUid }: UpstreamRegistry): boolean {
    return this.#written.has(connectorUid);
  }

  /** Returns the token with which another request has replaced the refused one meanwhile. */
  newerThan(refused: Authorization, plan: AuthPlan, request: AuthRequest): Authorization | undefined {
    if (plan.scheme !== 'bearer' || refused.scheme !== 'bearer' || !refused.header) {
      return undefined;
    }
    const newer = this.held(plan, request, 0);
    return newer && !isSame(newer, refused) ? newer : undefined;
  }

  /**
   * Replaces a refused token with a new one. Returns undefined when this request obtained the refused token itself, or when that token
   * replaced another one a moment ago: Harbor gives tokens without rights to a wrong password, and one more login for each refusal would
   * lock the account. The refused token stays cached, because other requests may still use it.
   */
  async insteadOf(refused: Authorization, plan: BearerPlan, request: AuthRequest): Promise<Authorization | undefined> {
    const key = keyOf(plan, request);
    const grant = this.#inspect(plan, request);
    if (grant === undefined || !isSame(grant.authorization, refused)) {
      return (await this.#tokens.get(key, () => this.#fetch(plan, request))).authorization;
    }
    if (request.attempt.left === 0 || this.#isNew(grant, request)) {
      return undefined;
    }
    const replacement = async (): Promise<Grant> => ({ ...(await this.#fetch(plan, request)), isReplacement: true });
    return (await this.#tokens.replace(key, replacement)).authorization;
  }

  /** Whether the cached token may expire before it reaches the registry. */
  endsTooEarly(plan: BearerPlan, request: AuthRequest): boolean {
    const grant = this.#inspect(plan, request);
    return grant !== undefined && isShortLived(grant);
  }

  /** Caches a refusal as if a token server had sent it. */
  refuse(plan: AuthPlan, request: AuthRequest, refusal: OciAuthError): void {
    this.#tokens.fail(keyOf(plan, request), refusal);
  }

  /** @throws OciAuthError when a refusal is cached for the request */
  throwIfRefused(plan: AuthPlan, request: AuthRequest): void {
    if (this.#tokens.hasFailures) {
      this.#tokens.throwIfFailed(keyOf(plan, request));
    }
  }

  /** Marks the cache entry of this request as a refusal, which ends when a write succeeds in the repository. */
  noteRefusal(plan: AuthPlan, request: AuthRequest): void {
    const [first] = request.own;
    if (first === undefined) {
      return;
    }
    this.#notes.add(request.registry.connectorUid, repositoryKey(request.registry, first.repository), keyOf(plan, request));
  }

  /** Deletes the cache entries that are marked as refusals in the repository. */
  endRefusals(registry: UpstreamRegistry, repository: string): void {
    for (const key of this.#notes.take(repositoryKey(registry, repository))) {
      this.#tokens.delete(key);
    }
  }

  forget(connectorUid: string, belongs: (key: string) => boolean): void {
    this.#tokens.forget(belongs);
    this.#notes.forget(belongs);
    this.#written.delete(connectorUid);
  }

  #inspect(plan: BearerPlan, request: AuthRequest): Grant | undefined {
    return this.#tokens.inspect(keyOf(plan, request));
  }

  async #fetch(plan: BearerPlan, request: AuthRequest): Promise<Grant> {
    try {
      const grant = await this.options.source.grant({ ...request, plan });
      if (request.scopes[0]?.actions.includes('push')) {
        this.#written.add(request.registry.connectorUid);
      }
      return grant;
    } catch (error) {
      this.noteRefusal(plan, request);
      throw error;
    }
  }

  #isNew(grant: Grant, { attempt }: AuthRequest): boolean {
    const now = this.#clock.now();
    if (isShortLived(grant) || grant.expiresAt <= now) {
      return false;
    }
    return grant.serial > attempt.since || (grant.isReplacement === true && now - grant.obtainedAt < REFUSAL_PAUSE_MS);
  }
}

function keyOf(plan: AuthPlan, request: AuthRequest): string {
  return tokenKey(request.registry, plan, request.scopes.map(formatScope));
}

/** The key has the same form as the keys of tokens, so that the same predicate forgets both. */
function repositoryKey({ connectorUid, origin }: UpstreamRegistry, repository: string): string {
  return JSON.stringify([connectorUid, origin, repository]);
}

function isShortLived({ expiresAt, obtainedAt }: Grant): boolean {
  return expiresAt - obtainedAt < SHORT_LIFE_MS;
}

function isSame(one: Authorization, other: Authorization): boolean {
  return other.header !== undefined && one.header?.equals(other.header) === true;
}
