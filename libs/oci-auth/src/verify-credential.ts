import { systemClock, type WallClock } from '@oci-connector/clock';
import { isRepositoryName } from '@oci-connector/connector-api';
import { Sensitive } from '@oci-connector/sensitive';
import { type Authorization, anonymous, basic } from './authorization';
import { OciAuthError } from './oci-auth.errors';
import { type CredentialJudge, RefusedCredentials } from './refused-credentials';
import { type AuthPlan, discoverPlan, getFromRegistry, probeFailure } from './registry-probe';
import { formatScope, type RepositoryScope } from './scope';
import { TokenClient } from './token-client';
import { type RegistryHttpResponse, type UpstreamRegistry } from './upstream-registry';

/** The result of the handshake. */
export interface CredentialCheck {
  scheme: Authorization['scheme'];
  /** The token server's origin; only for Bearer. */
  realmOrigin?: string;
}

export interface VerifyCredentialOptions {
  /** An upstream repository (with the address's path prefix) for which the pull permission is checked too. */
  repository?: string;
  signal?: AbortSignal;
  clock?: WallClock;
  /** The refusals of all checks of this program: a refused credential is sent once, however many Connectors share it. Absent: none is remembered. */
  refusals?: RefusedCredentials;
}

/** The values of one check. */
interface Handshake {
  readonly registry: UpstreamRegistry;
  readonly plan: AuthPlan;
  readonly signal?: AbortSignal;
  readonly clock: WallClock;
}

/** Returns the server that judges the credential itself. */
function judgeOf({ registry, plan }: Handshake): CredentialJudge {
  return plan.scheme === 'bearer' ? { url: plan.realm.href, service: plan.service } : { url: registry.origin };
}

/** Obtains the authorisation for the scopes, never from a cache. */
async function authorizationFor(handshake: Handshake, scopes: readonly RepositoryScope[]): Promise<Authorization> {
  const { registry, plan, signal, clock } = handshake;
  switch (plan.scheme) {
    case 'none':
      // A registry that lets everybody in may still refuse a wrong password when a request carries it.
      return registry.credential ? basic(registry, scopes) : anonymous(scopes);
    case 'basic':
      return basic(registry, scopes);
    case 'bearer': {
      const { realm, service } = plan;
      const token = await new TokenClient(clock).fetchToken(registry, { realm, service, scopes: scopes.map(formatScope), signal });
      return {
        scheme: 'bearer',
        header: new Sensitive(`Bearer ${token.value.reveal()}`),
        expiresAt: token.expiresAt,
        scopes,
        refusedScopes: [],
      };
    }
  }
}

async function get(handshake: Handshake, path: string, authorization: Authorization): Promise<RegistryHttpResponse> {
  return await getFromRegistry(handshake.registry, path, { authorization: authorization.header, signal: handshake.signal });
}

function isRefusal(response: RegistryHttpResponse): boolean {
  return response.status === 401 || response.status === 403;
}

/** Checks the credential itself: `/v2/` must accept it. */
async function checkEntry(handshake: Handshake): Promise<void> {
  const { registry, clock } = handshake;
  // Without a scope, because with one Harbor responds to a wrong password with 200 and a token without rights.
  const response = await get(handshake, '', await authorizationFor(handshake, []));
  if (response.status === 200) {
    return;
  }
  if (!isRefusal(response)) {
    throw probeFailure(registry, response, clock.now());
  }
  const { status } = response;
  throw registry.credential
    ? new OciAuthError(
        'CredentialRefused',
        `The registry ${registry.origin} refuses the credential (${status}). Check user name and password in the Secret.`,
        { status },
      )
    : new OciAuthError(
        'CredentialMissing',
        `The registry ${registry.origin} requires a credential (${status}). Name a Secret in spec.auth.secretRef.`,
        { status },
      );
}

/** Checks the credential unless a refusal of it is remembered. Remembers a new refusal. */
async function checkEntryOnce(handshake: Handshake, refusals: RefusedCredentials): Promise<void> {
  const { credential } = handshake.registry;
  if (credential === undefined) {
    return await checkEntry(handshake);
  }
  const judge = judgeOf(handshake);
  await refusals.scouted(judge, credential, async () => {
    try {
      await checkEntry(handshake);
    } catch (error) {
      if (error instanceof OciAuthError && error.code === 'CredentialRefused') {
        refusals.refuse(judge, credential, error);
      }
      throw error;
    }
  });
}

/**
 * Whether the error only means that the token server requires a scope: it has not judged the credential yet. Without a scope some servers
 * respond with 400, and those of Harbor and Quay respond with 401 when the request has no credential either. A request with the scope of
 * a repository gets a judgement.
 */
function judgesNothing({ code, status }: OciAuthError, { registry, plan }: Handshake): boolean {
  if (code === 'TokenResponseInvalid') {
    return status === 400;
  }
  return code === 'CredentialMissing' && plan.scheme === 'bearer' && registry.credential === undefined;
}

function needsRepository({ origin }: UpstreamRegistry, { code, status, cause }: OciAuthError): OciAuthError {
  return new OciAuthError(
    code,
    `The token server of the registry ${origin} answers only about a repository (${status}). Name one in the auth parameter "repository" (spec.auth.params)${
      code === 'CredentialMissing' ? ', which everybody may pull; or name a Secret in spec.auth.secretRef' : ''
    }.`,
    { status, cause },
  );
}

/** Checks the right to pull from one repository. The repository need not exist, so 404 is no failure. */
async function checkRepository(handshake: Handshake, repository: string, isAccepted: boolean): Promise<void> {
  const { registry, clock } = handshake;
  if (!isRepositoryName(repository)) {
    throw new OciAuthError(
      'RepositoryDenied',
      'The auth parameter "repository" is not a repository name: use only lower-case letters, digits and . _ - /.',
    );
  }
  const authorization = await authorizationFor(handshake, [{ repository, actions: ['pull'] }]).catch((error: unknown) => {
    // A credential that was accepted a moment ago, or does not exist, cannot be the reason: the repository is refused.
    const isRefused = error instanceof OciAuthError && (error.code === 'CredentialRefused' || error.code === 'CredentialMissing');
    throw isRefused && (isAccepted || registry.credential === undefined)
      ? repositoryDenied(registry, repository, error.status ?? 401)
      : error;
  });
  const response = await get(handshake, `${repository}/tags/list?n=1`, authorization);
  if (isRefusal(response)) {
    throw repositoryDenied(registry, repository, response.status);
  }
  if (response.status === 429 || response.status >= 500) {
    throw probeFailure(registry, response, clock.now());
  }
}

function repositoryDenied({ origin, credential }: UpstreamRegistry, repository: string, status: number): OciAuthError {
  return new OciAuthError(
    'RepositoryDenied',
    credential
      ? `The registry ${origin} accepts the credential but gives it no pull access to "${repository}" (${status}). Grant the account that right, or change the auth parameter "repository".`
      : `The registry ${origin} does not allow everybody to pull from "${repository}" (${status}). Name a Secret in spec.auth.secretRef, or change the auth parameter "repository".`,
    { status },
  );
}

/**
 * Performs the whole handshake with the connector's credential, from the first request without Authorization to a request that carries
 * the result. Uses and fills no cache.
 *
 * @throws OciAuthError `CredentialRefused`, `RealmUntrusted`, `RegistryUnreachable`, …; `RepositoryDenied` when only access to the
 *   repository is refused; or the signal's reason
 */
export async function verifyCredential(registry: UpstreamRegistry, options: VerifyCredentialOptions = {}): Promise<CredentialCheck> {
  const { repository, signal, clock = systemClock, refusals = new RefusedCredentials(clock) } = options;
  const plan = await discoverPlan(registry, () => clock.now(), signal);
  const handshake: Handshake = { registry, plan, signal, clock };
  let isAccepted = false;
  try {
    await checkEntryOnce(handshake, refusals);
    isAccepted = true;
  } catch (error) {
    if (!(error instanceof OciAuthError) || !judgesNothing(error, handshake)) {
      throw error;
    }
    if (repository === undefined) {
      throw needsRepository(registry, error);
    }
  }
  if (repository !== undefined) {
    await checkRepository(handshake, repository, isAccepted);
  }
  return { scheme: plan.scheme, realmOrigin: plan.scheme === 'bearer' ? plan.realm.origin : undefined };
}
