import { type WallClock } from '@oci-connector/clock';
import { isRepositoryName } from '@oci-connector/connector-api';
import { Sensitive } from '@oci-connector/sensitive';
import { type Authorization, anonymous, basic } from './authorization';
import { OciAuthError } from './oci-auth.errors';
import { type CredentialJudge, RefusedCredentials } from './refused-credentials';
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
  /** Refusals of all checks of this program: a credential that is refused is sent once, whoever shares it. Absent: none is remembered. */
  refusals?: RefusedCredentials;
}

/** The values of one check. */
interface Handshake {
  readonly registry: UpstreamRegistry;
  readonly plan: AuthPlan;
  readonly signal?: AbortSignal;
  readonly clock: WallClock;
}

/** Who judges the credential by itself. */
function judgeOf({ registry, plan }: Handshake): CredentialJudge {
  return plan.scheme === 'bearer' ? { url: plan.realm.href, service: plan.service } : { url: registry.origin };
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

/** The credential by itself: it must get in at `/v2/`. */
async function checkEntry(handshake: Handshake): Promise<void> {
  const { registry, clock } = handshake;
  // Without a scope: Harbor answers a wrong password with 200 and a token without rights as soon as a scope is named.
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
        `The registry ${registry.origin} wants a credential (${status}). Name a Secret in spec.auth.secretRef.`,
        { status },
      );
}

/** A credential that was refused is not sent again, and that it is refused now is remembered. */
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
 * A token server that gives nothing without a scope has judged nobody yet: some say 400, and those of Harbor and Quay 401 to a request
 * that has no credential either. With the scope of a repository they will.
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

/** The right to pull from one repository; whether it exists yet does not matter, so 404 is no failure. */
async function checkRepository(handshake: Handshake, repository: string, isAccepted: boolean): Promise<void> {
  const { registry, clock } = handshake;
  if (!isRepositoryName(repository)) {
    throw new OciAuthError(
      'RepositoryDenied',
      'The auth parameter "repository" is no repository name: lower-case letters, digits and . _ - / only.',
    );
  }
  const authorization = await authorizationFor(handshake, [{ repository, actions: ['pull'] }]).catch((error: unknown) => {
    // What was accepted a moment ago, or does not exist, is not refused with the repository.
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
      : `The registry ${origin} does not let everybody pull from "${repository}" (${status}). Name a Secret in spec.auth.secretRef, or change the auth parameter "repository".`,
    { status },
  );
}

/**
 * The real handshake with the connector's credential, from the bare question to a request that carries the result; uses
 * and fills no cache. Throws OciAuthError: `CredentialRefused`, `RealmUntrusted`, `RegistryUnreachable`, … and
 * `RepositoryDenied` when only the repository is closed; or the signal's reason.
 */
export async function verifyCredential(registry: UpstreamRegistry, options: VerifyCredentialOptions = {}): Promise<CredentialCheck> {
  const { repository, signal, clock = Date, refusals = new RefusedCredentials(clock) } = options;
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
