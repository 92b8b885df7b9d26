import { basicAuthorization } from '@oci-connector/http';
import { type Sensitive } from '@oci-connector/sensitive';
import { OciAuthError } from './oci-auth.errors';
import { type RepositoryScope } from './scope';
import { type RegistryCredential, type UpstreamRegistry } from './upstream-registry';

/** What to send to the registry. */
export interface Authorization {
  readonly scheme: 'bearer' | 'basic' | 'none';
  /** The whole value of the Authorization header; absent for `none`. */
  readonly header?: Sensitive;
  /** When the token ends, in milliseconds since the epoch; absent when nothing ends. */
  readonly expiresAt?: number;
  /** Of the scopes asked for, one per repository: those that it was requested with. The registry may still have granted less. */
  readonly scopes: readonly RepositoryScope[];
  /** Scopes that the token server would not take beside the first one; a mount from there must be dropped. Mostly empty. */
  readonly refusedScopes: readonly RepositoryScope[];
}

/** Nothing is sent; for registries that asked for nothing. */
export function anonymous(scopes: readonly RepositoryScope[]): Authorization {
  return { scheme: 'none', scopes, refusedScopes: [] };
}

/** Made once for each credential: with Basic, every request carries it. */
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

/** Basic with the connector's credential. Throws OciAuthError when there is none that fits. */
export function basic(registry: UpstreamRegistry, scopes: readonly RepositoryScope[]): Authorization {
  const { credential, origin } = registry;
  if (credential === undefined) {
    throw new OciAuthError('CredentialMissing', `The registry ${origin} wants a credential. Name a Secret in spec.auth.secretRef.`);
  }
  if (credential.password.isEmpty && credential.identityToken) {
    throw new OciAuthError(
      'ChallengeUnsupported',
      `The registry ${origin} takes only user name and password, and the Secret holds only an identity token.`,
    );
  }
  return { scheme: 'basic', header: basicHeader(credential), scopes, refusedScopes: [] };
}
