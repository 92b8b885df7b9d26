/** Why there is no connection, or no answer on it. Stable: mapped to HTTP answers and condition reasons. */
export type EgressErrorCode =
  /** The egress policy refuses the host or one of its addresses. */
  | 'AddressNotAllowed'
  /** The name has no address. */
  | 'HostNotFound'
  | 'ConnectionRefused'
  | 'ConnectTimeout'
  | 'HostUnreachable'
  /** The certificate is not one for this host from an authority that we know, or it has expired. */
  | 'CertificateInvalid'
  /** No TLS session came about, for another reason than the certificate; often plain http on the other side. */
  | 'TlsFailed'
  | 'ConnectionReset'
  /** The connection stands but the answer did not come in time. */
  | 'ResponseTimeout'
  /** What came is not HTTP/1.1. */
  | 'ResponseInvalid'
  /** Too many answers of this upstream, or of all, are being read at the moment. */
  | 'BufferFull';

/** Waiting alone can mend none of these. */
const TERMINAL: ReadonlySet<EgressErrorCode> = new Set<EgressErrorCode>([
  'AddressNotAllowed',
  'CertificateInvalid',
  'TlsFailed',
  'ResponseInvalid',
]);

/** What an {@link EgressError} says beside its message. */
export interface EgressErrorDetails {
  cause?: unknown;
  /** The peer, as it was named to the library: a host name or address. */
  host?: string;
  /** What is wrong and what to do, without any host or address: for those who may not know where a registry leads. */
  reason?: string;
}

/** Base of this library's errors; thrown itself by {@link EgressPolicy}. Messages say what to do and hold no secret. */
export class EgressError extends Error {
  readonly code: EgressErrorCode;
  /** Whether the same attempt can succeed later with nothing changed. */
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

/** A connection to an upstream that could not be made, or broke before the answer. */
export class UpstreamConnectError extends EgressError {
  constructor(code: EgressErrorCode, message: string, details: EgressErrorDetails = {}) {
    super(code, message, details);
    this.name = 'UpstreamConnectError';
  }
}
