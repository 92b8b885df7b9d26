/** Why there is no connection or no response. The codes are stable: they are mapped to HTTP responses and condition reasons. */
export type EgressErrorCode =
  /** The egress policy refuses the host or one of its addresses. */
  | 'AddressNotAllowed'
  /** The name has no address. */
  | 'HostNotFound'
  | 'ConnectionRefused'
  | 'ConnectTimeout'
  | 'HostUnreachable'
  /** The certificate is for another host, of an unknown authority, or has expired. */
  | 'CertificateInvalid'
  /** The TLS handshake failed for another reason than the certificate; often because the server speaks plain http. */
  | 'TlsFailed'
  | 'ConnectionReset'
  /** The connection was made, but no response arrived in time. */
  | 'ResponseTimeout'
  /** The response is not HTTP/1.1. */
  | 'ResponseInvalid'
  /** Too many responses of this upstream, or of all upstreams, are being read at the moment. */
  | 'BufferFull';

/** Errors that cannot go away without a change. */
const TERMINAL: ReadonlySet<EgressErrorCode> = new Set<EgressErrorCode>([
  'AddressNotAllowed',
  'CertificateInvalid',
  'TlsFailed',
  'ResponseInvalid',
]);

/** Details of an {@link EgressError} in addition to its message. */
export interface EgressErrorDetails {
  cause?: unknown;
  /** The peer, as the caller named it: a host name or address. */
  host?: string;
  /** What is wrong and what to do, without any host or address: for clients that may not see the registry's address. */
  reason?: string;
}

/** Base of this library's errors; {@link EgressPolicy} throws it directly. Messages say what to do and contain no secret. */
export class EgressError extends Error {
  readonly code: EgressErrorCode;
  /** Whether the same attempt can succeed later without any change. */
  readonly retryable: boolean;
  readonly host?: string;
  readonly reason?: string;

  constructor(code: EgressErrorCode, message: string, { cause, host, reason }: EgressErrorDetails = {}) {
    super(message, { cause });
    this.name = 'EgressError';
    this.host = host;
    this.reason = reason;
    this.code = code;
    this.retryable = !TERMINAL.has(code);
  }
}

/** A connection to an upstream could not be made, or was closed before the response. */
export class UpstreamConnectError extends EgressError {
  constructor(code: EgressErrorCode, message: string, details: EgressErrorDetails = {}) {
    super(code, message, details);
    this.name = 'UpstreamConnectError';
  }
}
