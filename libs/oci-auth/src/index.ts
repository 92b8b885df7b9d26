export { type Authorization } from './authorization';
export { OciAuthError, type OciAuthErrorCode, type OciAuthErrorDetails } from './oci-auth.errors';
export { type Attempt } from './attempt';
export { type AuthorizeOptions } from './auth-request';
export { OciAuthorizer, type OciAuthorizerOptions } from './oci-authorizer';
export { type ChallengeHeader } from './challenge';
export { refusesAuthorization } from './refusal';
export { type AuthPlan, discoverPlan } from './registry-probe';
export { RefusedCredentials } from './refused-credentials';
export { type RepositoryAction, type RepositoryScope } from './scope';
export {
  type RegistryCredential,
  type RegistryHttp,
  type RegistryHttpOptions,
  type RegistryHttpResponse,
  type UpstreamRegistry,
} from './upstream-registry';
export { type OciAuthHooks } from './token-source';
export { verifyCredential, type CredentialCheck, type VerifyCredentialOptions } from './verify-credential';
