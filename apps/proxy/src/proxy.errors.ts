/** How a refusal or failure is answered: HTTP status and the `code` of the distribution-spec error body. */
interface ProxyErrorKind {
  readonly status: number;
  /** Codes of the distribution-spec ("Error Codes"); `UNKNOWN` and `UNAVAILABLE` where it has none that fits. */
  readonly ociCode: string;
  /** The answer closes the connection: nobody can say where the next request on it would begin (rule C8). */
  readonly closes?: true;
}

/**
 * A fault of the configuration, which stays until somebody corrects it. Clients repeat 500, 502, 503 and 504 for seconds or minutes (crane,
 * oras, regctl, docker), and docker repeats whatever has another code than these: 424 with `DENIED` is repeated by none (ADR 22).
 */
const MISCONFIGURED = { status: 424, ociCode: 'DENIED' } as const;

/**
 * Every answer that the proxy gives of its own accord when something is wrong. The key is what logs say; clients see
 * the status, the OCI code and the message.
 */
export const PROXY_ERRORS = {
  /** No token, or one that is malformed, expired, revoked or for another audience. Carries the one challenge. */
  Unauthenticated: { status: 401, ociCode: 'UNAUTHORIZED' },
  /** The client holds no permission for the verb on the Connector; nothing is said about whether it exists. */
  PermissionDenied: { status: 403, ociCode: 'DENIED' },
  /** The registry or its token server refuses the Connector's credential. */
  CredentialRefused: { status: 403, ociCode: 'DENIED' },
  /** The registry refuses the action and not the credential: the account, or everybody where there is none, lacks the right. */
  RegistryDenied: { status: 403, ociCode: 'DENIED' },
  /** The same for the look that a push begins with, by a client that may push: it is told that nothing is there. */
  PullRefused: { status: 404, ociCode: 'NAME_UNKNOWN' },
  /** The Connector does not exist, or its class wants no proxy; only said to those with permission. */
  ConnectorNotFound: { status: 404, ociCode: 'NAME_UNKNOWN' },
  /** Neither path nor Host names a Connector. */
  ConnectorNotNamed: { status: 404, ociCode: 'NAME_UNKNOWN' },
  /** The path is outside the grammar (rule C5). */
  PathInvalid: { status: 400, ociCode: 'NAME_INVALID' },
  /** The path is well formed, but no route that is served leads there. */
  RouteUnknown: { status: 404, ociCode: 'UNSUPPORTED' },
  /** A reference that no manifest can have. */
  ManifestUnknown: { status: 404, ociCode: 'MANIFEST_UNKNOWN' },
  MethodNotAllowed: { status: 405, ociCode: 'UNSUPPORTED' },
  /** A sealed upload location that is not ours, not this client's, or too old. */
  UploadUnknown: { status: 404, ociCode: 'BLOB_UPLOAD_UNKNOWN' },
  /**
   * A sealed next page that is not ours, not this client's, or too old. No 404, which clients take for "no such list": they would
   * go on with a list that is too short, or with the fallback tag of referrers.
   */
  ListPlaceUnknown: { status: 410, ociCode: 'UNKNOWN' },
  /** The query is longer, or has more parameters, than anything a client has to say. */
  QueryTooLong: { status: 414, ociCode: 'UNKNOWN' },
  /** The body of a request to begin an upload that a registry could read as a form (rule C4b). */
  UploadTypeRefused: { status: 400, ociCode: 'BLOB_UPLOAD_INVALID' },
  /** Not HTTP/1.1 as RFC 9112 has it, or framed ambiguously (rule C8). */
  RequestMalformed: { status: 400, ociCode: 'UNKNOWN', closes: true },
  /** A transfer coding other than `chunked` (RFC 9112 §6.1). */
  TransferCodingUnsupported: { status: 501, ociCode: 'UNSUPPORTED', closes: true },
  /** An upgrade that is not served: another than WebSocket, another version of it, or not with this Connector. */
  UpgradeUnsupported: { status: 501, ociCode: 'UNSUPPORTED' },
  /** The client went silent in the middle of its request. */
  ClientSilent: { status: 408, ociCode: 'UNKNOWN' },
  /** The client closed its connection; nobody reads this answer (499 is nginx's number for it). */
  ClientAborted: { status: 499, ociCode: 'UNKNOWN' },
  /** An expectation other than 100-continue. The body that the client holds back may still come. */
  ExpectationFailed: { status: 417, ociCode: 'UNSUPPORTED', closes: true },
  HeaderTooLarge: { status: 431, ociCode: 'UNKNOWN', closes: true },
  /** A limit per Connector or per ServiceAccount. */
  LimitReached: { status: 429, ociCode: 'TOOMANYREQUESTS' },
  /** The token server or the registry's authentication asks to slow down; their Retry-After is passed on. */
  TokenServerThrottled: { status: 429, ociCode: 'TOOMANYREQUESTS' },
  ClassNotFound: MISCONFIGURED,
  RegoNotSupported: MISCONFIGURED,
  /** The class names another proxy than this installation's. */
  ProxyNotSupported: MISCONFIGURED,
  /** A field of the Connector, such as its address, that cannot be used. */
  ConnectorInvalid: MISCONFIGURED,
  SecretNotFound: MISCONFIGURED,
  SecretInvalid: MISCONFIGURED,
  RealmUntrusted: MISCONFIGURED,
  /** The challenge names no URL that a token server could have. */
  RealmInvalid: MISCONFIGURED,
  /** The registry wants a login other than Bearer or Basic. */
  LoginUnsupported: MISCONFIGURED,
  /** What answers at the address is no registry. */
  NotARegistry: MISCONFIGURED,
  /** The token server cannot be reached or answers nonsense. */
  TokenServerFailed: { status: 502, ociCode: 'UNKNOWN' },
  /** The egress policy refuses the address. */
  AddressNotAllowed: MISCONFIGURED,
  /** A redirect, or a Location of an upload, that may not be followed. */
  RedirectRefused: { status: 502, ociCode: 'UNKNOWN' },
  UpstreamUnreachable: { status: 502, ociCode: 'UNKNOWN' },
  CertificateInvalid: MISCONFIGURED,
  /** The upstream broke off before an answer, or sent one that is not HTTP or cannot be mapped. */
  UpstreamInvalid: { status: 502, ociCode: 'UNKNOWN' },
  /** An answer that has to be read whole exceeds its limit. */
  UpstreamTooLarge: { status: 502, ociCode: 'UNKNOWN' },
  UpstreamSilent: { status: 504, ociCode: 'UNKNOWN' },
  /** TokenReview, SubjectAccessReview or a read of the Secret gave no answer: never treated as a yes (rule C10). */
  ReviewUnavailable: { status: 503, ociCode: 'UNAVAILABLE' },
  /** The registry answered 401 after the body was streamed: it cannot be sent again. */
  UpstreamUnauthorizedAfterBody: { status: 503, ociCode: 'UNAVAILABLE' },
  /** The grace of a shutdown ended before the answer began. */
  ShuttingDown: { status: 503, ociCode: 'UNAVAILABLE' },
  /** The request carries our own Via. */
  LoopDetected: { status: 508, ociCode: 'UNKNOWN' },
  /** A defect of the proxy. */
  Internal: { status: 500, ociCode: 'UNKNOWN' },
} as const satisfies Record<string, ProxyErrorKind>;

/** Stable; switch on this, never on the message. */
export type ProxyErrorCode = keyof typeof PROXY_ERRORS;

export interface ProxyErrorOptions {
  readonly cause?: unknown;
  /** Sent as Retry-After. */
  readonly retryAfterSeconds?: number;
}

/** The one error of the data plane. The message goes to the client: it says what to do and holds no secret. */
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
    this.closes = kind.closes ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
