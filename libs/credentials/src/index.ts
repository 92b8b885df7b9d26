export { loadCaCertificates } from './ca-certificates';
export { Credential } from './credential';
export { CredentialError, type CredentialErrorCode } from './credential.errors';
export { CredentialStore, type CredentialStoreOptions, type SecretKey } from './credential-store';
export { parseCredential, type ParseCredentialOptions } from './parse-credential';
export { secretRevision, type SecretObject } from './secret-object';
