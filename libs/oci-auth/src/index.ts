export { type Authorization } from './authorization';
export { parseChallenges, type Challenge } from './challenge';
export { type Clock } from './clock';
export { OciAuthError, type OciAuthErrorCode, type OciAuthErrorDetails } from './oci-auth.errors';
export { OciAuthorizer, type AuthorizeOptions, type OciAuthHooks, type OciAuthorizerOptions } from './oci-authorizer';
export { checkRealm, type RealmOwner } from './realm-policy';
export { parseRetryAfter } from './retry-after';
export { formatScope, normalizeScopes, type RepositoryAction, type RepositoryScope } from './scope';
export {
  type RegistryCredential,
  type RegistryHttp,
  type RegistryHttpOptions,
  type RegistryHttpResponse,
  type UpstreamRegistry,
} from './upstream-registry';
export { verifyCredential, type CredentialCheck, type VerifyCredentialOptions } from './verify-credential';
