/** The response for an error: HTTP status and the `code` of the distribution-spec error body. */
interface ProxyErrorKind {
  readonly status: number;
  /** A code of the distribution-spec ("Error Codes"), or `UNKNOWN` or `UNAVAILABLE` if no code of the specification fits. */
  readonly ociCode: string;
  /** The response closes the connection, because it is unknown where the next request on it would begin (rule C8). */
  readonly closes?: true;
}

/**
 * A configuration error, which remains until a user corrects it. crane, oras, regctl and docker retry 500, 502, 503 and 504 for seconds or
 * minutes, and docker retries any error whose code it does not know. No client retries 424 with `DENIED` (ADR 22).
 */
const MISCONFIGURED = { status: 424, ociCode: 'DENIED' } as const;

/**
 * All error responses that the proxy itself makes. The key is the code in logs and metrics. Clients see the status, the OCI code and the
 * message.
 */
export const PROXY_ERRORS = {
  /** No token, or one that is malformed, expired, revoked or for another audience. The response contains the challenge. */
  Unauthenticated: { status: 401, ociCode: 'UNAUTHORIZED' },
  /** The same at the forward proxy. The response contains the challenge of a proxy (RFC 9110 §15.5.8). */
  ProxyLoginRequired: { status: 407, ociCode: 'UNAUTHORIZED' },
  /** The client has no permission for the verb on the Connector. The response does not reveal whether the Connector exists. */
  PermissionDenied: { status: 403, ociCode: 'DENIED' },
  /** The registry or its token server refuses the Connector's credential. */
  CredentialRefused: { status: 403, ociCode: 'DENIED' },
  /** The registry refuses the action, not the credential: the account lacks the right, or anonymous clients lack it. */
  RegistryDenied: { status: 403, ociCode: 'DENIED' },
  /** The same for the HEAD before a push, by a client that may push: the proxy reports that the content does not exist. */
  PullRefused: { status: 404, ociCode: 'NAME_UNKNOWN' },
  /** The Connector does not exist, or its class has no `spec.proxy`. Only clients with the permission get this error. */
  ConnectorNotFound: { status: 404, ociCode: 'NAME_UNKNOWN' },
  /** Neither path nor Host names a Connector. */
  ConnectorNotNamed: { status: 404, ociCode: 'NAME_UNKNOWN' },
  /** The path is on the host of a Connector, but outside of its address. */
  PathNotCovered: { status: 403, ociCode: 'DENIED' },
  /** The request is for another host than the connection (RFC 9110 §15.5.20). */
  Misdirected: { status: 421, ociCode: 'UNSUPPORTED', closes: true },
  /** The path is outside the grammar (rule C5). */
  PathInvalid: { status: 400, ociCode: 'NAME_INVALID' },
  /** The path is no supported route. */
  RouteUnknown: { status: 404, ociCode: 'UNSUPPORTED' },
  /** A reference that no manifest can have. */
  ManifestUnknown: { status: 404, ociCode: 'MANIFEST_UNKNOWN' },
  MethodNotAllowed: { status: 405, ociCode: 'UNSUPPORTED' },
  /** A sealed upload location that is not valid, belongs to another client, or is too old. */
  UploadUnknown: { status: 404, ociCode: 'BLOB_UPLOAD_UNKNOWN' },
  /**
   * A sealed next page that is not valid, belongs to another client, or is too old. The status is not 404, which clients interpret as "no
   * such list": they would continue with an incomplete list, or with the fallback tag of referrers.
   */
  ListPlaceUnknown: { status: 410, ociCode: 'UNKNOWN' },
  /** The query is too long or has too many parameters. */
  QueryTooLong: { status: 414, ociCode: 'UNKNOWN' },
  /** The request that begins an upload has a body that a registry could parse as a form (rule C4b). */
  UploadTypeRefused: { status: 400, ociCode: 'BLOB_UPLOAD_INVALID' },
  /** The request is not valid HTTP/1.1 (RFC 9112), or its framing is ambiguous (rule C8). */
  RequestMalformed: { status: 400, ociCode: 'UNKNOWN', closes: true },
  /** A transfer coding other than `chunked` (RFC 9112 §6.1). */
  TransferCodingUnsupported: { status: 501, ociCode: 'UNSUPPORTED', closes: true },
  /** An unsupported upgrade: not WebSocket, another WebSocket version, or not supported for this Connector. */
  UpgradeUnsupported: { status: 501, ociCode: 'UNSUPPORTED' },
  /** The client stopped sending before the request was complete. */
  ClientSilent: { status: 408, ociCode: 'UNKNOWN' },
  /** The client closed its connection, so it does not get this response. 499 is the status that nginx logs in this case. */
  ClientAborted: { status: 499, ociCode: 'UNKNOWN' },
  /** An expectation other than 100-continue. The client may still send the body. */
  ExpectationFailed: { status: 417, ociCode: 'UNSUPPORTED', closes: true },
  HeaderTooLarge: { status: 431, ociCode: 'UNKNOWN', closes: true },
  /** A limit per Connector or per ServiceAccount. */
  LimitReached: { status: 429, ociCode: 'TOOMANYREQUESTS' },
  /** The token server, or the registry's authentication, throttles the proxy. The proxy forwards its Retry-After. */
  TokenServerThrottled: { status: 429, ociCode: 'TOOMANYREQUESTS' },
  ClassNotFound: MISCONFIGURED,
  RegoNotSupported: MISCONFIGURED,
  /** The class names another proxy than this installation's. */
  ProxyNotSupported: MISCONFIGURED,
  /** A field of the Connector, such as its address, is invalid. */
  ConnectorInvalid: MISCONFIGURED,
  SecretNotFound: MISCONFIGURED,
  SecretInvalid: MISCONFIGURED,
  RealmUntrusted: MISCONFIGURED,
  /** The challenge names no valid URL of a token server. */
  RealmInvalid: MISCONFIGURED,
  /** The registry requires a scheme other than Bearer or Basic. */
  LoginUnsupported: MISCONFIGURED,
  /** The server at the Connector's address is not a registry. */
  NotARegistry: MISCONFIGURED,
  /** The token server fails, or its response is invalid. */
  TokenServerFailed: { status: 502, ociCode: 'UNKNOWN' },
  /** The egress policy refuses the address. */
  AddressNotAllowed: MISCONFIGURED,
  /** The policy for hosts of no Connector refuses the host that a client of the forward proxy names. */
  HostNotAllowed: { status: 403, ociCode: 'DENIED' },
  /** A redirect, an upload Location or a next page that the proxy may not follow. */
  RedirectRefused: { status: 502, ociCode: 'UNKNOWN' },
  UpstreamUnreachable: { status: 502, ociCode: 'UNKNOWN' },
  CertificateInvalid: MISCONFIGURED,
  /** The upstream closed the connection before its response, or its response is not HTTP or names a location that cannot be mapped. */
  UpstreamInvalid: { status: 502, ociCode: 'UNKNOWN' },
  /** A response that the proxy must read completely exceeds its limit. */
  UpstreamTooLarge: { status: 502, ociCode: 'UNKNOWN' },
  UpstreamSilent: { status: 504, ociCode: 'UNKNOWN' },
  /** A TokenReview, a SubjectAccessReview or a read of the Secret failed. The proxy never treats this as permission (rule C10). */
  ReviewUnavailable: { status: 503, ociCode: 'UNAVAILABLE' },
  /** There is no CA yet that could sign the certificate of a host. */
  CertificateUnavailable: { status: 503, ociCode: 'UNAVAILABLE' },
  /** The registry answered 401 after the body was streamed, and the proxy cannot send the body again. */
  UpstreamUnauthorizedAfterBody: { status: 503, ociCode: 'UNAVAILABLE' },
  /** The grace period of a shutdown expired before the response began. */
  ShuttingDown: { status: 503, ociCode: 'UNAVAILABLE' },
  /** The request contains the proxy's own name in Via. */
  LoopDetected: { status: 508, ociCode: 'UNKNOWN' },
  /** A defect of the proxy. */
  Internal: { status: 500, ociCode: 'UNKNOWN' },
} as const satisfies Record<string, ProxyErrorKind>;

/** Codes are stable. Callers must depend on the code, never on the message. */
export type ProxyErrorCode = keyof typeof PROXY_ERRORS;

export interface ProxyErrorOptions {
  readonly cause?: unknown;
  /** Sent as Retry-After. */
  readonly retryAfterSeconds?: number;
  /** The response closes the connection. Default: as the code says. */
  readonly closes?: boolean;
}

/** The error class of the data plane. The message is sent to the client: it says what to do and contains no secret. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly status: number;
  readonly ociCode: string;
  readonly closes: boolean;
  readonly retryAfterSeconds?: number;

  constructor(
    readonly code: ProxyErrorCode,
    message: string,
    options: ProxyErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    const kind: ProxyErrorKind = PROXY_ERRORS[code];
    this.status = kind.status;
    this.ociCode = kind.ociCode;
    this.closes = options.closes ?? kind.closes ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
