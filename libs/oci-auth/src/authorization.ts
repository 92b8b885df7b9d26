import { basicAuthorization } from '@oci-connector/http';
import { type Sensitive } from '@oci-connector/sensitive';
import { OciAuthError } from './oci-auth.errors';
import { type RepositoryScope } from './scope';
import { type RegistryCredential, type UpstreamRegistry } from './upstream-registry';

/** The authorisation to send to the registry. */
export interface Authorization {
  readonly scheme: 'bearer' | 'basic' | 'none';
  /** The whole value of the Authorization header; absent for `none`. */
  readonly header?: Sensitive;
  /** When the token expires, in milliseconds since the epoch; absent when nothing expires. */
  readonly expiresAt?: number;
  /** The scopes that the token was requested with, one per repository. The registry may have granted less. */
  readonly scopes: readonly RepositoryScope[];
  /** Scopes that the token server refused in addition to the first one. A mount from these repositories must be dropped. Mostly empty. */
  readonly refusedScopes: readonly RepositoryScope[];
}

/** Sends no Authorization; for registries that require none. */
export function anonymous(scopes: readonly RepositoryScope[]): Authorization {
  return { scheme: 'none', scopes, refusedScopes: [] };
}

/** Headers are made once for each credential, because with Basic every request carries one. */
const basicHeaders = new WeakMap<RegistryCredential, Sensitive>();

function basicHeader(credential: RegistryCredential): Sensitive {
  const known = basicHeaders.get(credential);
  if (known !== undefined) {
    return known;
  }
  const header = basicAuthorization(credential);
  basicHeaders.set(credential, header);
  return header;
}

/**
 * Returns Basic authorisation with the connector's credential.
 *
 * @throws OciAuthError when the connector has no credential, or none that Basic can carry
 */
export function basic(registry: UpstreamRegistry, scopes: readonly RepositoryScope[]): Authorization {
  const { credential, origin } = registry;
  if (credential === undefined) {
    throw new OciAuthError('CredentialMissing', `The registry ${origin} requires a credential. Name a Secret in spec.auth.secretRef.`);
  }
  if (credential.password.isEmpty && credential.identityToken) {
    throw new OciAuthError(
      'ChallengeUnsupported',
      `The registry ${origin} accepts only a user name and password, but the Secret contains only an identity token. Put a user name and password into the Secret.`,
    );
  }
  return { scheme: 'basic', header: basicHeader(credential), scopes, refusedScopes: [] };
}
