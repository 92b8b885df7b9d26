import { CredentialError, type CredentialErrorCode } from '@oci-connector/credentials';
import { EgressError, type EgressErrorCode, hostAndPort } from '@oci-connector/egress';
import { KubeError, ReviewUnavailableError, TokenRefusedError } from '@oci-connector/kube';
import { OciAuthError, type OciAuthErrorCode } from '@oci-connector/oci-auth';
import { ProxyError, type ProxyErrorCode } from '../proxy.errors';
import { TransferCancelled } from '../transfer/cancellation';

const FROM_OCI_AUTH: Readonly<Record<OciAuthErrorCode, ProxyErrorCode>> = {
  RealmUntrusted: 'RealmUntrusted',
  RealmInvalid: 'RealmInvalid',
  RealmHasUserInfo: 'RealmInvalid',
  TokenEndpointUnreachable: 'TokenServerFailed',
  TokenEndpointThrottled: 'TokenServerThrottled',
  TokenResponseInvalid: 'TokenServerFailed',
  TokenResponseTooLarge: 'TokenServerFailed',
  CredentialRefused: 'CredentialRefused',
  CredentialMissing: 'RegistryDenied',
  AccessRefused: 'RegistryDenied',
  ScopeRefused: 'RegistryDenied',
  TokenRequestsSpent: 'RegistryDenied',
  RepositoryDenied: 'RegistryDenied',
  TokenExpired: 'TokenServerFailed',
  ChallengeUnsupported: 'LoginUnsupported',
  RegistryUnreachable: 'UpstreamUnreachable',
  RegistryThrottled: 'TokenServerThrottled',
  NotARegistry: 'NotARegistry',
};

const FROM_EGRESS: Readonly<Record<EgressErrorCode, ProxyErrorCode>> = {
  AddressNotAllowed: 'AddressNotAllowed',
  HostNotFound: 'UpstreamUnreachable',
  ConnectionRefused: 'UpstreamUnreachable',
  ConnectTimeout: 'UpstreamUnreachable',
  HostUnreachable: 'UpstreamUnreachable',
  CertificateInvalid: 'CertificateInvalid',
  TlsFailed: 'UpstreamUnreachable',
  ConnectionReset: 'UpstreamInvalid',
  ResponseTimeout: 'UpstreamSilent',
  ResponseInvalid: 'UpstreamInvalid',
  BufferFull: 'LimitReached',
};

/** Retry-After when no memory is free: reading a response takes seconds. */
const BUFFER_RETRY_SECONDS = 1;

const FROM_CREDENTIALS: Readonly<Record<CredentialErrorCode, ProxyErrorCode>> = {
  SecretNotFound: 'SecretNotFound',
  SecretTypeMismatch: 'SecretInvalid',
  SecretKeyMissing: 'SecretInvalid',
  SecretInvalid: 'SecretInvalid',
  DockerConfigHostMissing: 'SecretInvalid',
  InvalidPEM: 'SecretInvalid',
};

/**
 * Converts the error of a step to the error that the client gets. Only this function knows the errors of the libraries.
 *
 * @param registry origin of the Connector's address, the only upstream address that messages to clients may contain
 */
export function toProxyError(error: unknown, registry?: string): ProxyError {
  if (error instanceof ProxyError) {
    return error;
  }
  if (error instanceof EgressError) {
    return fromEgress(error.code, egressMessage(error, registry), error);
  }
  if (error instanceof CredentialError) {
    return new ProxyError(FROM_CREDENTIALS[error.code], error.message, { cause: error });
  }
  if (error instanceof OciAuthError) {
    return fromOciAuth(error, registry);
  }
  if (error instanceof TokenRefusedError) {
    return new ProxyError('Unauthenticated', error.message, { cause: error });
  }
  if (error instanceof KubeError || error instanceof ReviewUnavailableError) {
    return new ProxyError('ReviewUnavailable', 'the Kubernetes API does not respond; try again', { cause: error, retryAfterSeconds: 1 });
  }
  if (error instanceof TransferCancelled) {
    return fromCancelled(error);
  }
  return new ProxyError('Internal', 'the proxy failed; see its log', { cause: error });
}

function fromEgress(code: EgressErrorCode, message: string, cause: Error): ProxyError {
  return new ProxyError(FROM_EGRESS[code], message, { cause, retryAfterSeconds: code === 'BufferFull' ? BUFFER_RETRY_SECONDS : undefined });
}

function fromOciAuth(error: OciAuthError, registry: string | undefined): ProxyError {
  const message = ociAuthMessage(error, registry);
  // The error of the egress policy or of TLS is more precise than "unreachable".
  if (error.cause instanceof EgressError && error.code !== 'RealmUntrusted') {
    return fromEgress(error.cause.code, message, error);
  }
  const retryAfterSeconds = error.retryAfterMs === undefined ? undefined : Math.ceil(error.retryAfterMs / 1_000);
  return new ProxyError(FROM_OCI_AUTH[error.code], message, { cause: error, retryAfterSeconds });
}

function fromCancelled(error: TransferCancelled): ProxyError {
  switch (error.reason) {
    case 'client-silent':
      return new ProxyError('ClientSilent', 'the client sent nothing within the idle limit; send the request again', { cause: error });
    case 'upstream-silent':
      return new ProxyError('UpstreamSilent', 'the registry did not answer within the idle limit; try again', { cause: error });
    case 'client-aborted':
      return new ProxyError('ClientAborted', 'the client closed its connection', { cause: error });
    case 'idle':
      return new ProxyError('ClientSilent', 'nothing moved within the idle limit', { cause: error });
    case 'permission-ended':
      return new ProxyError('PermissionDenied', 'the token or the permission of the client has ended', { cause: error });
    case 'too-old':
      return new ProxyError('LimitReached', 'the tunnel has reached its longest age; open another one', { cause: error });
    case 'shutdown':
      return new ProxyError('ShuttingDown', 'this proxy is shutting down; send the request again', { cause: error, retryAfterSeconds: 1 });
  }
}

/*
 * Messages to clients about the connection to a registry. They may name the address that the Connector's owner configured, and token
 * servers that the owner trusts. They must not name resolved IP addresses, redirect targets or untrusted token servers. The log and the
 * Connector's conditions contain all details.
 */

const SEE_CONDITIONS = 'for details see the conditions of the connector and the log of the proxy';

/** Returns the message for a failed connection. */
function egressMessage({ host, reason = 'the connection failed' }: EgressError, registry: string | undefined): string {
  return `no answer from ${describePeer(host, registry)}: ${reason}`;
}

function describePeer(host: string | undefined, registry: string | undefined): string {
  if (registry === undefined) {
    return 'the registry';
  }
  const isRegistry = host === undefined || hostAndPort(new URL(registry)).host === host;
  return isRegistry ? `the registry ${registry}` : `a host that the registry ${registry} names`;
}

/** Returns the message for a failed login. It names only trusted token servers. */
function ociAuthMessage(error: OciAuthError, registry: string | undefined): string {
  const place = registry === undefined ? 'the registry' : `the registry ${registry}`;
  switch (error.code) {
    case 'RealmUntrusted':
      return `${place} names a token server that is not trusted: nothing was sent there. If it is the right one, the connector's owner lists it in spec.auth.trustedRealms; ${SEE_CONDITIONS}`;
    case 'NotARegistry':
      return `${place} does not answer as a registry; check spec.address; ${SEE_CONDITIONS}`;
    default:
      return error.publicMessage;
  }
}
