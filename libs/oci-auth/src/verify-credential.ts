import { type WallClock } from '@oci-connector/clock';
import { isRepositoryName } from '@oci-connector/connector-api';
import { Sensitive } from '@oci-connector/sensitive';
import { type Authorization, anonymous, basic } from './authorization';
import { OciAuthError } from './oci-auth.errors';
import { type AuthPlan, discoverPlan, getFromRegistry, probeFailure } from './registry-probe';
import { formatScope, type RepositoryScope } from './scope';
import { TokenClient } from './token-client';
import { type RegistryHttpResponse, type UpstreamRegistry } from './upstream-registry';

/** What the handshake showed. */
export interface CredentialCheck {
  scheme: Authorization['scheme'];
  /** Origin of the token server, for Bearer. */
  realmOrigin?: string;
}

export interface VerifyCredentialOptions {
  /** Upstream repository (with the address's path prefix) whose pull permission is checked too. */
  repository?: string;
  signal?: AbortSignal;
  clock?: WallClock;
}

/** The values of one check. */
interface Handshake {
  readonly registry: UpstreamRegistry;
  readonly plan: AuthPlan;
  readonly signal?: AbortSignal;
  readonly clock: WallClock;
}

/** What to send for the scopes, never from a cache. */
async function authorizationFor(handshake: Handshake, scopes: readonly RepositoryScope[]): Promise<Authorization> {
  const { registry, plan, signal, clock } = handshake;
  switch (plan.scheme) {
    case 'none':
      // A registry that lets everyone in may still refuse a wrong password, when it gets to see it.
      return registry.credential ? basic(registry, scopes) : anonymous(scopes);
    case 'basic':
      return basic(registry, scopes);
    case 'bearer': {
      const { realm, service } = plan;
      const token = await new TokenClient(clock).fetchToken(registry, { realm, service, scopes: scopes.map(formatScope), signal });
      return { scheme: 'bearer', header: new Sensitive(`Bearer ${token.value.reveal()}`), expiresAt: token.expiresAt, scopes, refusedScopes: [] };
    }
  }
}

async function get(handshake: Handshake, path: string, authorization: Authorization): Promise<RegistryHttpResponse> {
  return await getFromRegistry(handshake.registry, path, { authorization: authorization.header, signal: handshake.signal });
}

function isRefusal(response: RegistryHttpResponse): boolean {
  return response.status === 401 || response.status === 403;
}

/** The credential by itself: it must get in at `/v2/`. */
async function checkEntry(handshake: Handshake): Promise<void> {
  const { registry, clock } = handshake;
  // Without a scope: Harbor answers a wrong password with 200 and a token without rights as soon as a scope is named.
  const response = await get(handshake, '', await authorizationFor(handshake, []));
  if (response.status === 200) return;
  if (!isRefusal(response)) throw probeFailure(registry, response, clock.now());
  const { status } = response;
  throw registry.credential
    ? new OciAuthError('CredentialRefused', `The registry ${registry.origin} refuses the credential (${status}). Check user name and password in the Secret.`, { status })
    : new OciAuthError('CredentialMissing', `The registry ${registry.origin} wants a credential (${status}). Name a Secret in spec.auth.secretRef.`, { status });
}

/** The right to pull from one repository; whether it exists yet does not matter, so 404 is no failure. */
async function checkRepository(handshake: Handshake, repository: string): Promise<void> {
  const { registry, clock } = handshake;
  if (!isRepositoryName(repository)) {
    throw new OciAuthError('RepositoryDenied', 'The auth parameter "repository" is no repository name: lower-case letters, digits and . _ - / only.');
  }
  const authorization = await authorizationFor(handshake, [{ repository, actions: ['pull'] }]);
  const response = await get(handshake, `${repository}/tags/list?n=1`, authorization);
  if (isRefusal(response)) {
    throw new OciAuthError(
      'RepositoryDenied',
      `The registry ${registry.origin} accepts the credential but gives it no pull access to "${repository}" (${response.status}). Grant the account that right, or change the auth parameter "repository".`,
      { status: response.status },
    );
  }
  if (response.status === 429 || response.status >= 500) throw probeFailure(registry, response, clock.now());
}

/**
 * The real handshake with the connector's credential, from the bare question to a request that carries the result; uses
 * and fills no cache. Throws OciAuthError: `CredentialRefused`, `RealmUntrusted`, `RegistryUnreachable`, … and
 * `RepositoryDenied` when only the repository is closed; or the signal's reason.
 */
export async function verifyCredential(registry: UpstreamRegistry, options: VerifyCredentialOptions = {}): Promise<CredentialCheck> {
  const { repository, signal, clock = Date } = options;
  const plan = await discoverPlan(registry, () => clock.now(), signal);
  const handshake: Handshake = { registry, plan, signal, clock };
  try {
    await checkEntry(handshake);
  } catch (error) {
    // A token server that gives nothing without a scope has not judged the credential; with the scope it will.
    const wantsScope = error instanceof OciAuthError && error.code === 'TokenResponseInvalid' && error.status === 400;
    if (!wantsScope || repository === undefined) throw error;
  }
  if (repository !== undefined) await checkRepository(handshake, repository);
  return { scheme: plan.scheme, realmOrigin: plan.scheme === 'bearer' ? plan.realm.origin : undefined };
}
