import { type Credential } from '@oci-connector/credentials';
import { basicAuthorization } from '@oci-connector/http';
import {
  type Attempt,
  type Authorization,
  type AuthorizeOptions,
  type ChallengeHeader,
  OciAuthError,
  type OciAuthorizer,
} from '@oci-connector/oci-auth';
import { type ChallengeLogin, type UpstreamPlan } from '../protocols/protocol';
import { type Credentialed, Forwardable, type Planned } from './proxy-exchange';

const NO_AUTHORIZATION: Authorization = { scheme: 'none', scopes: [], refusedScopes: [] };

/** The token server does not take the scope: the registry is asked bare what it calls this action. */
const BARE: Authorization = { ...NO_AUTHORIZATION };

/** A token that serves a read need not live longer than it takes to send it. In milliseconds. */
const READ_MS = 5_000;

/** Reads the Connector's Secret again: `ResolveCredential`. */
export interface Credentials {
  resolve(exchange: Planned, options: { fresh: true }): Promise<Credentialed>;
}

/** Gets what the registry wants to see: a bearer token, Basic, or nothing; always before the body is read. */
export class ObtainAuthorization {
  constructor(
    private readonly authorizer: OciAuthorizer,
    private readonly credentials: Credentials,
  ) {}

  /**
   * @param plan what is to be sent, if not the plan of the exchange
   * @param attempt what the request has cost so far
   * @throws OciAuthError, and what reading the Secret throws
   */
  async obtain(
    exchange: Credentialed,
    plan: UpstreamPlan = exchange.plan,
    attempt: Attempt = this.authorizer.begin(),
  ): Promise<Forwardable> {
    try {
      return await this.#authorize(exchange, plan, attempt);
    } catch (error) {
      return this.#otherwise(exchange, { plan, attempt }, error);
    }
  }

  /**
   * Gets another authorisation after the registry refused one.
   *
   * @param challenge of the answer that refused it
   * @throws OciAuthError that says why there is no other to try
   */
  async renew(exchange: Forwardable, challenge: ChallengeHeader): Promise<Forwardable> {
    const { access, attempt, authorization, plan } = exchange;
    const fresh = await this.#changed(exchange);
    if (fresh) {
      return this.#authorize(fresh, plan, this.authorizer.begin());
    }
    const { login } = plan;
    if (login.kind === 'basic') {
      throw await this.refused(exchange);
    }
    const options = { ...optionsOf(login, attempt), challenge };
    const another =
      authorization === BARE
        ? await this.authorizer.narrowed(access.registry, login.scopes, options)
        : await this.authorizer.rejected(access.registry, login.scopes, authorization, options);
    return forwardable(exchange, { authorization: another, attempt }, plan);
  }

  /** Why the registry refuses what was sent, when there is nothing else to send. */
  async refused(exchange: Forwardable): Promise<OciAuthError> {
    const { access, attempt, authorization, plan } = exchange;
    const { login } = plan;
    if (login.kind === 'challenge') {
      return this.authorizer.refused(access.registry, login.scopes, authorization, optionsOf(login, attempt));
    }
    const { host } = access.registry;
    return access.credential
      ? new OciAuthError(
          'CredentialRefused',
          `The service ${host} refuses the connector's credential for this request. Correct user name and password in its Secret, or the account's rights.`,
        )
      : new OciAuthError(
          'CredentialMissing',
          `The service ${host} wants a credential, and the connector has none. Name a Secret in spec.auth.secretRef.`,
        );
  }

  /** The registry carried out a write: what it refused in that repository until now says nothing any more. */
  succeeded({ access, plan }: Forwardable): void {
    if (plan.repository !== undefined) {
      this.authorizer.succeeded(access.registry, plan.repository);
    }
  }

  /** Whether only a write can tell how the registry authorises writes. */
  mustLearnToWrite({ access, plan, authorization }: Forwardable): boolean {
    return plan.login.kind === 'challenge' && authorization.scheme === 'none' && this.authorizer.mustLearnToWrite(access.registry);
  }

  /** Everybody may write there. */
  learnedOpen({ access }: Forwardable): void {
    this.authorizer.learnedOpen(access.registry);
  }

  async #otherwise(exchange: Credentialed, { plan, attempt }: Pick<Forwardable, 'plan' | 'attempt'>, error: unknown): Promise<Forwardable> {
    if (!(error instanceof OciAuthError)) {
      throw error;
    }
    if (error.code === 'ScopeRefused' && mayAskBare(plan)) {
      return new Forwardable(exchange, { authorization: BARE, attempt }, plan);
    }
    if (error.code !== 'CredentialRefused') {
      throw error;
    }
    const fresh = await this.#changed(exchange);
    if (!fresh) {
      throw error;
    }
    return this.#authorize(fresh, plan, this.authorizer.begin());
  }

  /** The password may have been changed a moment ago: with what the API server has now, unless that is the same. */
  async #changed(exchange: Credentialed): Promise<Credentialed | undefined> {
    const fresh = await this.credentials.resolve(exchange, { fresh: true });
    return fresh.access.registry.credentialRevision === exchange.access.registry.credentialRevision ? undefined : fresh;
  }

  async #authorize(exchange: Credentialed, plan: UpstreamPlan, attempt: Attempt): Promise<Forwardable> {
    // Rule C2: another origin than the Connector's own gets nothing.
    if (!plan.target.sendCredential) {
      return new Forwardable(exchange, { authorization: NO_AUTHORIZATION, attempt }, plan);
    }
    const { login } = plan;
    if (login.kind === 'basic') {
      return new Forwardable(exchange, { authorization: basicLogin(exchange.access.credential), attempt }, plan);
    }
    const { registry } = exchange.access;
    // While a token to write to the repository lives, those who may write read with it: it knows of a repository that has just begun to exist.
    const writing = login.writeScopes && this.authorizer.held(registry, login.writeScopes, READ_MS);
    if (writing && (await exchange.allows('update', { strictly: true }))) {
      return new Forwardable(exchange, { authorization: writing, attempt }, plan);
    }
    const options = optionsOf(login, attempt);
    const authorization =
      this.authorizer.peek(registry, login.scopes, options) ??
      (await this.authorizer.authorize(registry, login.scopes, { ...options, signal: exchange.client.transfer.signal }));
    return forwardable(exchange, { authorization, attempt }, plan);
  }
}

function optionsOf({ minimumTokenLifetimeMs, actionLimit }: ChallengeLogin, attempt: Attempt): AuthorizeOptions {
  return { minimumLifetimeMs: minimumTokenLifetimeMs, limit: actionLimit, attempt };
}

/**
 * Only a deletion has actions that a token server may not know. Any other request would be an anonymous one where the registry
 * lets everybody in.
 */
function mayAskBare({ replayable, method }: UpstreamPlan): boolean {
  return replayable && method === 'DELETE';
}

function forwardable(exchange: Credentialed, authorized: Pick<Forwardable, 'authorization' | 'attempt'>, plan: UpstreamPlan): Forwardable {
  const mountRefused = authorized.authorization.refusedScopes.length > 0 && plan.withoutMount !== undefined;
  return new Forwardable(exchange, authorized, mountRefused ? plan.withoutMount : plan);
}

/** A plain HTTP service is asked for no challenge: its class says that the Secret is a user name and password. */
function basicLogin(credential: Credential | undefined): Authorization {
  return credential ? { ...NO_AUTHORIZATION, scheme: 'basic', header: basicAuthorization(credential) } : NO_AUTHORIZATION;
}
