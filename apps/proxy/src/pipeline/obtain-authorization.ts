import { type Credential } from '@oci-connector/credentials';
import { type Authorization, OciAuthError, type OciAuthorizer } from '@oci-connector/oci-auth';
import { Sensitive } from '@oci-connector/sensitive';
import { type UpstreamPlan } from '../protocols/protocol';
import { type Credentialed, Forwardable } from './proxy-exchange';
import { type ResolveCredential } from './resolve-credential';

const NO_AUTHORIZATION: Authorization = { scheme: 'none', scopes: [], refusedScopes: [] };

/** Gets what the registry wants to see: a bearer token, Basic, or nothing; always before the body is read. */
export class ObtainAuthorization {
  constructor(
    private readonly authorizer: OciAuthorizer,
    private readonly credentials: ResolveCredential,
  ) {}

  /**
   * @param plan what is to be sent, if not the plan of the exchange
   * @throws OciAuthError, and what reading the Secret throws
   */
  obtain(exchange: Credentialed, plan: UpstreamPlan = exchange.plan): Forwardable | Promise<Forwardable> {
    try {
      const forwardable = this.#authorize(exchange, plan);
      return forwardable instanceof Promise ? forwardable.catch((error: unknown) => this.#withFreshCredential(exchange, plan, error)) : forwardable;
    } catch (error) {
      return this.#withFreshCredential(exchange, plan, error);
    }
  }

  /** The password may have been changed a moment ago: once, what the API server has now is tried. */
  async #withFreshCredential(exchange: Credentialed, plan: UpstreamPlan, error: unknown): Promise<Forwardable> {
    if (!(error instanceof OciAuthError) || error.code !== 'CredentialRefused') throw error;
    const fresh = await this.credentials.resolve(exchange, { fresh: true });
    if (fresh.access.registry.credentialRevision === exchange.access.registry.credentialRevision) throw error;
    return this.#authorize(fresh, plan);
  }

  /**
   * Gets another authorisation after the registry refused one; undefined when there is no other to try.
   *
   * @param wwwAuthenticate of the answer that refused it
   */
  async renew(exchange: Forwardable, wwwAuthenticate: string | readonly string[] | undefined): Promise<Forwardable | undefined> {
    const fresh = await this.credentials.resolve(exchange, { fresh: true });
    const { registry } = exchange.access;
    if (fresh.access.registry.credentialRevision !== registry.credentialRevision) return this.#authorize(fresh, exchange.plan);
    if (exchange.plan.login === 'basic') return undefined;
    const { plan, authorization } = exchange;
    return new Forwardable(exchange, await this.authorizer.rejected(registry, plan.scopes, authorization, wwwAuthenticate), plan);
  }

  #authorize(exchange: Credentialed, plan: UpstreamPlan): Forwardable | Promise<Forwardable> {
    // Rule C2: another origin than the Connector's own gets nothing.
    if (!plan.target.sendCredential) return new Forwardable(exchange, NO_AUTHORIZATION, plan);
    if (plan.login === 'basic') return new Forwardable(exchange, basicAuthorization(exchange.access.credential), plan);
    const { registry } = exchange.access;
    const lifetime = { minimumLifetimeMs: plan.minimumTokenLifetimeMs };
    const known = this.authorizer.peek(registry, plan.scopes, lifetime);
    if (known) return forwardable(exchange, known, plan);
    return this.authorizer
      .authorize(registry, plan.scopes, { ...lifetime, signal: exchange.client.transfer.signal })
      .then((authorization) => forwardable(exchange, authorization, plan));
  }
}

function forwardable(exchange: Credentialed, authorization: Authorization, plan: UpstreamPlan): Forwardable {
  const mountRefused = authorization.refusedScopes.length > 0 && plan.withoutMount !== undefined;
  return new Forwardable(exchange, authorization, mountRefused ? plan.withoutMount : plan);
}

/** RFC 7617. A plain HTTP service is asked for no challenge: its class says that the Secret is a user name and password. */
function basicAuthorization(credential: Credential | undefined): Authorization {
  if (!credential) return NO_AUTHORIZATION;
  const pair = Buffer.from(`${credential.username}:${credential.password.reveal()}`, 'utf8').toString('base64');
  return { ...NO_AUTHORIZATION, scheme: 'basic', header: new Sensitive(`Basic ${pair}`) };
}
