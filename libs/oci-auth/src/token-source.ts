import { type WallClock } from '@oci-connector/clock';
import { Sensitive } from '@oci-connector/sensitive';
import { type Attempt } from './attempt';
import { OciAuthError, type OciAuthErrorCode } from './oci-auth.errors';
import { type CredentialJudge, type RefusedCredentials } from './refused-credentials';
import { type BearerPlan } from './registry-probe';
import { formatScope, type RepositoryScope } from './scope';
import { type Grant } from './token-cache';
import { TokenClient } from './token-client';
import { type IssuedToken } from './token-response';
import { type UpstreamRegistry } from './upstream-registry';

/** Callbacks for metrics. They must not throw. */
export interface OciAuthHooks {
  /** Called at the end of each token request; a refusal of two scopes causes two requests. */
  onTokenFetch?(event: { connectorUid: string; outcome: 'ok' | OciAuthErrorCode; durationMs: number }): void;
  onCacheHit?(event: { connectorUid: string }): void;
  onCacheMiss?(event: { connectorUid: string }): void;
}

/** An order for a token: the registry, the scopes and the requests that it may cost. */
export interface TokenOrder {
  readonly registry: UpstreamRegistry;
  readonly plan: BearerPlan;
  readonly scopes: readonly RepositoryScope[];
  readonly attempt: Attempt;
}

interface Answer {
  readonly grant: Grant;
  /** The token's `access` claim lists no action. */
  readonly allowsNothing: boolean;
}

export interface TokenSourceOptions {
  readonly clock: WallClock;
  readonly refusals: RefusedCredentials;
  readonly hooks: OciAuthHooks;
}

/** Whether a refusal may concern the set of scopes and not the credential. */
function mayRefuseScopes(error: unknown): boolean {
  const status = error instanceof OciAuthError ? error.status : undefined;
  return status !== undefined && status >= 400 && status < 500 && status !== 429;
}

function judgeOf({ realm, service }: BearerPlan): CredentialJudge {
  return { url: realm.href, service };
}

/** Obtains tokens, and finds out whether a refusal concerns the credential or the scopes. */
export class TokenSource {
  readonly #client: TokenClient;
  #serial = 0;

  constructor(private readonly options: TokenSourceOptions) {
    this.#client = new TokenClient(options.clock);
  }

  /** The serial number of the newest grant. */
  get serial(): number {
    return this.#serial;
  }

  /**
   * Obtains a token for all scopes or, when the server refuses several, for the first one: a push without its mount is better than no
   * push.
   *
   * @throws OciAuthError `CredentialRefused`, `AccessRefused`, `ScopeRefused`, …
   */
  async grant(order: TokenOrder): Promise<Grant> {
    const { registry, plan } = order;
    const { credential } = registry;
    if (credential === undefined) {
      return await this.#grantJudged(order);
    }
    return await this.options.refusals.scouted(judgeOf(plan), credential, () => this.#grantJudged(order));
  }

  /**
   * Finds out whether a refusal by the registry, or by its token server for a scope, concerns the credential or the action. Only a token
   * request without a scope shows the difference: with a scope, Harbor issues a token without rights for a wrong password, and other
   * servers respond with 401 to a missing right.
   *
   * @param doubt the result when that cannot be found out
   */
  async judge({ registry, plan, attempt }: TokenOrder, doubt?: OciAuthError): Promise<OciAuthError> {
    const { credential } = registry;
    if (credential === undefined) {
      return accessRefused(registry);
    }
    const { refusals } = this.options;
    const judge = judgeOf(plan);
    const known = refusals.refusalOf(judge, credential);
    if (known) {
      return known;
    }
    if (refusals.isAccepted(judge, credential)) {
      return accessRefused(registry);
    }
    if (attempt.left === 0) {
      refusals.doubt(judge, credential);
      return doubt ?? accessRefused(registry);
    }
    try {
      await this.#fetch({ registry, plan, scopes: [], attempt });
      refusals.accept(judge, credential);
      return accessRefused(registry);
    } catch (error) {
      if (!(error instanceof OciAuthError) || error.code !== 'CredentialRefused') {
        return doubt ?? accessRefused(registry);
      }
      refusals.refuse(judge, credential, error);
      return error;
    }
  }

  async #grantJudged(order: TokenOrder): Promise<Grant> {
    const { registry, plan } = order;
    if (registry.credential && this.options.refusals.isDoubted(judgeOf(plan), registry.credential)) {
      await this.#refuseIfWrong(order);
    }
    const { grant, allowsNothing } = await this.#grantForScopes(order);
    // Harbor issues such a token for a wrong password, too. The check is here so that no other request sends the password meanwhile.
    if (allowsNothing) {
      await this.#refuseIfWrong(order);
    }
    return grant;
  }

  /** @throws OciAuthError `CredentialRefused` or `AccessRefused`, depending on what the refusal concerns */
  async #grantForScopes(order: TokenOrder): Promise<Answer> {
    try {
      return await this.#grantForAll(order);
    } catch (error) {
      if (!(error instanceof OciAuthError)) {
        throw error;
      }
      // Without a credential only the action can be refused.
      if (error.code === 'CredentialMissing') {
        throw accessRefused(order.registry, error.status);
      }
      if (error.code === 'CredentialRefused') {
        throw await this.judge(order, error.status === 403 ? accessRefused(order.registry, 403) : error);
      }
      throw error;
    }
  }

  /** @throws OciAuthError `CredentialRefused` */
  async #refuseIfWrong(order: TokenOrder): Promise<void> {
    if (order.registry.credential === undefined) {
      return;
    }
    const error = await this.judge(order);
    if (error.code === 'CredentialRefused') {
      throw error;
    }
  }

  async #grantForAll(order: TokenOrder): Promise<Answer> {
    const { scopes, attempt } = order;
    // When only one request is left, ask for the first scope alone: that is more likely to succeed.
    if (scopes.length > 1 && attempt.left === 1) {
      return await this.#grantForFirst(order);
    }
    try {
      return this.#toGrant(await this.#fetch(order), scopes, []);
    } catch (error) {
      if (scopes.length < 2 || attempt.left === 0 || !mayRefuseScopes(error)) {
        throw error;
      }
      return await this.#grantForFirst(order);
    }
  }

  async #grantForFirst(order: TokenOrder): Promise<Answer> {
    const first = order.scopes.slice(0, 1);
    return this.#toGrant(await this.#fetch({ ...order, scopes: first }), first, order.scopes.slice(1));
  }

  async #fetch({ registry, plan, scopes, attempt }: TokenOrder): Promise<IssuedToken> {
    const { clock, hooks } = this.options;
    const startedAt = clock.now();
    let outcome: 'ok' | OciAuthErrorCode = 'TokenEndpointUnreachable';
    try {
      const { realm, service } = plan;
      const token = await this.#client.fetchToken(registry, {
        realm,
        service,
        scopes: scopes.map(formatScope),
        mayAsk: () => attempt.take(),
      });
      outcome = 'ok';
      return token;
    } catch (error) {
      if (error instanceof OciAuthError) {
        outcome = error.code;
      }
      throw error;
    } finally {
      hooks.onTokenFetch?.({ connectorUid: registry.connectorUid, outcome, durationMs: clock.now() - startedAt });
    }
  }

  #toGrant(
    { value, expiresAt, allowsNothing }: IssuedToken,
    scopes: readonly RepositoryScope[],
    refusedScopes: readonly RepositoryScope[],
  ): Answer {
    // The scheme's name must be written like this: Harbor compares it case-sensitively.
    const header = new Sensitive(`Bearer ${value.reveal()}`);
    this.#serial += 1;
    const authorization = { scheme: 'bearer', header, expiresAt, scopes, refusedScopes } as const;
    return { grant: { authorization, expiresAt, obtainedAt: this.options.clock.now(), serial: this.#serial }, allowsNothing };
  }
}

/** Returns the error for an action that the account, or an anonymous client when there is none, may not do. */
export function accessRefused({ origin, credential }: UpstreamRegistry, status = 401): OciAuthError {
  return new OciAuthError(
    'AccessRefused',
    credential
      ? `The registry ${origin} does not allow the connector's account to do this. Give the account that right at the registry, or correct the repository's name.`
      : `The registry ${origin} does not allow this to everybody, and the connector has no credential. Name a Secret in spec.auth.secretRef, or correct the repository's name.`,
    { status },
  );
}

/** Returns the error for a wrong credential. */
export function credentialRefused({ origin }: UpstreamRegistry): OciAuthError {
  return new OciAuthError(
    'CredentialRefused',
    `The registry ${origin} refuses the connector's credential. Correct user name and password in its Secret.`,
    {
      status: 401,
    },
  );
}
