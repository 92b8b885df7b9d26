import { type ServerResponse } from 'node:http';
import { CredentialError, type CredentialErrorCode } from '@oci-connector/credentials';
import { EgressError, type EgressErrorCode } from '@oci-connector/egress';
import { KubeError, ReviewUnavailableError, TokenRefusedError } from '@oci-connector/kube';
import { OciAuthError, type OciAuthErrorCode } from '@oci-connector/oci-auth';
import { visible } from '@oci-connector/sensitive';
import { ProxyError, type ProxyErrorCode } from '../proxy.errors';
import { WEB_SOCKET_VERSION } from '../protocols/web-socket-version';
import { ociErrorBody } from '../protocols/oci/oci-error-body';
import { type ProtocolHandler } from '../protocols/protocol';
import { TransferCancelled } from '../transfer/cancellation';
import { egressMessage, ociAuthMessage } from './client-messages';

/** The only challenge for clients. It is not Bearer: clients would then request a token, and the proxy is not a token server (ADR 0003). */
const CHALLENGE = 'Basic realm="connectors"';

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
    case 'shutdown':
      return new ProxyError('ShuttingDown', 'this proxy is shutting down; send the request again', { cause: error, retryAfterSeconds: 1 });
  }
}

/** Status, headers and body of an error response. */
export interface ErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** In characters. A message may contain the registry's own message. */
const MAX_MESSAGE = 2_048;

/** @param protocol formats the error body; absent while the Connector's protocol is not known */
export function errorResponse(error: ProxyError, protocol?: ProtocolHandler): ErrorResponse {
  const { status, ociCode, message } = error;
  const refused = { status, ociCode, message: visible(message, MAX_MESSAGE) };
  const { contentType, headers, body } = protocol?.errorBody?.(refused) ?? ociErrorBody(refused);
  return {
    status,
    headers: {
      'content-type': contentType,
      'content-length': String(Buffer.byteLength(body)),
      ...headers,
      ...(error.code === 'Unauthenticated' && { 'www-authenticate': CHALLENGE }),
      // RFC 6455 §4.4: the supported version.
      ...(error.code === 'UpgradeUnsupported' && { 'sec-websocket-version': WEB_SOCKET_VERSION }),
      ...(error.code === 'MethodNotAllowed' && { allow: 'GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE' }),
      ...(error.closes && { connection: 'close' }),
      ...(error.retryAfterSeconds !== undefined && { 'retry-after': String(error.retryAfterSeconds) }),
    },
    body,
  };
}

/** Sends an error response. Nothing must have been written before. */
export function sendError(response: ServerResponse, error: ProxyError, protocol?: ProtocolHandler): void {
  const { status, headers, body } = errorResponse(error, protocol);
  response.writeHead(status, headers);
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
