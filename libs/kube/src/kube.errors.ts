/** Every failure of a call to the API server has one of these codes. */
export type KubeErrorCode =
  | 'ApiError'
  | 'Unreachable'
  | 'CertificateInvalid'
  | 'CredentialUnavailable'
  | 'ResponseTooLarge'
  | 'ResponseInvalid'
  | 'ResponseIncomplete'
  | 'WatchSilent';

/** Base of all errors of a call to the API server. Its message never holds a token, a header or a body. */
export abstract class KubeError extends Error {
  /** Stable; switch on this, never on the message. */
  abstract readonly code: KubeErrorCode;
  /** True when the same call may succeed later without anybody changing anything. */
  abstract readonly retryable: boolean;
}

/** The `Status` object by which an API server refuses (Kubernetes API conventions, "Response Status Kind"). */
export interface StatusBody {
  readonly kind?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly details?: { readonly retryAfterSeconds?: number };
}

/** The API server answered, and the answer was no. 429 and 503 are answers too: the server is there. */
export class KubeApiError extends KubeError {
  override readonly name = 'KubeApiError';
  readonly code = 'ApiError';
  /** HTTP status of the answer, or `code` of the `Status` in a watch. */
  readonly status: number;
  /** Machine-readable reason of the `Status`, such as `AlreadyExists`; empty when the body was no `Status`. */
  readonly reason: string;
  /** What the server says, as kubectl prints it, without the request. */
  readonly statement: string;
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;

  constructor(status: number, body: StatusBody, request: string, retryAfterMs?: number) {
    super(`${request}: ${status} ${body.reason ?? ''}: ${body.message ?? 'no message'}`.slice(0, MAX_MESSAGE_LENGTH));
    this.status = status;
    this.reason = body.reason ?? '';
    this.statement = (body.message ?? `status ${status}`).slice(0, MAX_MESSAGE_LENGTH);
    this.retryAfterMs = retryAfterMs;
  }

  get retryable(): boolean {
    return this.status === 429 || this.status >= 500 || this.isConflict;
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }

  get isForbidden(): boolean {
    return this.status === 403;
  }

  /** 409 because the object changed since it was read. */
  get isConflict(): boolean {
    return this.status === 409 && this.reason !== 'AlreadyExists';
  }

  get isAlreadyExists(): boolean {
    return this.status === 409 && this.reason === 'AlreadyExists';
  }

  /** The resource version asked for is no longer known: list again. */
  get isGone(): boolean {
    return this.status === 410;
  }
}

/** A message of the API server can quote a whole object; a log line need not. */
const MAX_MESSAGE_LENGTH = 2048;

/**
 * Nothing that could be an answer arrived: the connection was refused, was reset, or nothing came in time. This, and only this,
 * is what "the API server cannot be reached" means: a server that answers with an error is reachable, and so is one whose
 * certificate is wrong or whose answer breaks off.
 */
export class KubeUnreachableError extends KubeError {
  override readonly name = 'KubeUnreachableError';
  readonly code = 'Unreachable';
  readonly retryable = true;
}

/** The answer, the certificate or our own credential cannot be used; the code says which. */
export class KubeResponseError extends KubeError {
  override readonly name = 'KubeResponseError';
  readonly retryable = true;

  constructor(
    readonly code: Exclude<KubeErrorCode, 'ApiError' | 'Unreachable'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The kubeconfig or the in-cluster files cannot be used; the message names the field and the fix. Not retryable. */
export class KubeConfigError extends Error {
  override readonly name = 'KubeConfigError';
  readonly code = 'KubeConfigInvalid';
  readonly retryable = false;
}

/** Why a client's token was refused. */
export type TokenRefusal =
  /** Not a JSON Web Token of a form that an API server issues; no review was made. */
  | 'NotAToken'
  /** Issued for other audiences than ours. */
  | 'WrongAudience'
  /** Its time is over; no review was made. */
  | 'Expired'
  /** The API server does not accept it (signature, deleted account, deleted pod). */
  | 'NotAuthenticated';

/** A client's token is no good. The message says what is needed, and holds nothing of the token. */
export class TokenRefusedError extends Error {
  override readonly name = 'TokenRefusedError';
  readonly retryable = false;

  constructor(
    readonly code: TokenRefusal,
    message: string,
  ) {
    super(message);
  }
}

/** A TokenReview or SubjectAccessReview gave no answer that can be used; `cause` says why. Never a yes, never remembered. */
export class ReviewUnavailableError extends Error {
  override readonly name = 'ReviewUnavailableError';
  readonly code = 'ReviewUnavailable';
  readonly retryable = true;
}
