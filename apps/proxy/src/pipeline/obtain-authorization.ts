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

/** The token server does not accept the scope: the request is sent without a token, and the registry's challenge names the actions. */
const BARE: Authorization = { ...NO_AUTHORIZATION };

/** How long a token for a read must still be valid, in milliseconds: long enough to send the request. */
const READ_MS = 5_000;

/** Reads the Connector's Secret again; implemented by `ResolveCredential`. */
export interface Credentials {
  resolve(exchange: Planned, options: { fresh: true }): Promise<Credentialed>;
}

/** Obtains the authorisation that the registry requires: a bearer token, Basic, or none. This happens before the request body is read. */
export class ObtainAuthorization {
  constructor(
    private readonly authorizer: OciAuthorizer,
    private readonly credentials: Credentials,
  ) {}

  /**
   * @param plan replaces the plan of the exchange
   * @param attempt counts the token requests for this client request
   * @throws OciAuthError when there is no authorisation
   * @throws ProxyError, CredentialError or KubeError when the Secret cannot be read
   */
  async obtain(
    exchange: Credentialed,
    plan: UpstreamPlan = exchange.plan,
    attempt: Attempt = this.authorizer.begin(),
  ): Promise<Forwardable> {
    try {
      return await this.#authorize(exchange, plan, attempt);
    } catch (error) {
      return this.#recover(exchange, { plan, attempt }, error);
    }
  }

  /**
   * Obtains another authorisation after the registry refused one.
   *
   * @param challenge from the response that refused it
   * @throws OciAuthError when there is no other to try; it says why
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

  /** Determines why the registry refuses the authorisation, when there is no other to try. */
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
          `The service ${host} requires a credential, and the connector has none. Name a Secret in spec.auth.secretRef.`,
        );
  }

  /** Records a successful write. Forgets the refusals that are remembered for the repository: they may no longer apply. */
  succeeded({ access, plan }: Forwardable): void {
    if (plan.repository !== undefined) {
      this.authorizer.succeeded(access.registry, plan.repository);
    }
  }

  /** Whether only a write can show how the registry authorises writes. */
  mustLearnToWrite({ access, plan, authorization }: Forwardable): boolean {
    return plan.login.kind === 'challenge' && authorization.scheme === 'none' && this.authorizer.mustLearnToWrite(access.registry);
  }

  /** Records that the registry accepts anonymous writes. */
  learnedOpen({ access }: Forwardable): void {
    this.authorizer.learnedOpen(access.registry);
  }

  async #recover(exchange: Credentialed, { plan, attempt }: Pick<Forwardable, 'plan' | 'attempt'>, error: unknown): Promise<Forwardable> {
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

  /** Reads the Secret again, because it may have just been changed. Returns undefined if the credential is the same. */
  async #changed(exchange: Credentialed): Promise<Credentialed | undefined> {
    const fresh = await this.credentials.resolve(exchange, { fresh: true });
    return fresh.access.registry.credentialRevision === exchange.access.registry.credentialRevision ? undefined : fresh;
  }

  async #authorize(exchange: Credentialed, plan: UpstreamPlan, attempt: Attempt): Promise<Forwardable> {
    // Rule C2: an origin other than the Connector's own gets no credential.
    if (!plan.target.sendCredential) {
      return new Forwardable(exchange, { authorization: NO_AUTHORIZATION, attempt }, plan);
    }
    const { login } = plan;
    if (login.kind === 'basic') {
      return new Forwardable(exchange, { authorization: basicLogin(exchange.access.credential), attempt }, plan);
    }
    const { registry } = exchange.access;
    // A client that may write reads with a write token for the repository while there is one: it also covers a newly created repository.
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
 * Whether the request may be sent without a token. Only a deletion has actions that a token server may not know. Any other request would
 * become an anonymous request at a registry that allows anonymous access.
 */
function mayAskBare({ replayable, method }: UpstreamPlan): boolean {
  return replayable && method === 'DELETE';
}

function forwardable(exchange: Credentialed, authorized: Pick<Forwardable, 'authorization' | 'attempt'>, plan: UpstreamPlan): Forwardable {
  const mountRefused = authorized.authorization.refusedScopes.length > 0 && plan.withoutMount !== undefined;
  return new Forwardable(exchange, authorized, mountRefused ? plan.withoutMount : plan);
}

/** Returns the authorisation for a plain HTTP service. It needs no challenge: its class requires a Secret with user name and password. */
function basicLogin(credential: Credential | undefined): Authorization {
  return credential ? { ...NO_AUTHORIZATION, scheme: 'basic', header: basicAuthorization(credential) } : NO_AUTHORIZATION;
}
