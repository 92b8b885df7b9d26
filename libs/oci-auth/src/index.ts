export { type Authorization } from './authorization';
export { OciAuthError, type OciAuthErrorCode, type OciAuthErrorDetails } from './oci-auth.errors';
export { OciAuthorizer, type AuthorizeOptions, type OciAuthHooks, type OciAuthorizerOptions } from './oci-authorizer';
export { parseRetryAfter } from './retry-after';
export { type RepositoryAction, type RepositoryScope } from './scope';
export {
  type RegistryCredential,
  type RegistryHttp,
  type RegistryHttpOptions,
  type RegistryHttpResponse,
  type UpstreamRegistry,
} from './upstream-registry';
export { verifyCredential, type CredentialCheck, type VerifyCredentialOptions } from './verify-credential';
