/** The code of a failed call to the API server. */
export type KubeErrorCode =
  | 'ApiError'
  | 'Unreachable'
  | 'CertificateInvalid'
  | 'CredentialUnavailable'
  | 'ResponseTooLarge'
  | 'ResponseInvalid'
  | 'ResponseIncomplete'
  | 'WatchSilent';

/** Base of all errors of a call to the API server. The message never contains a token, a header or a body. */
export abstract class KubeError extends Error {
  /** Stable; switch on this, never on the message. */
  abstract readonly code: KubeErrorCode;
  /** True when the same call may succeed later without any change. */
  abstract readonly retryable: boolean;
}

/** The `Status` object of an API server's error response (Kubernetes API conventions, "Response Status Kind"). */
export interface StatusBody {
  readonly kind?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly details?: { readonly retryAfterSeconds?: number };
}

/** The API server responded with an error. 429 and 503 count too, because the server is reachable. */
export class KubeApiError extends KubeError {
  override readonly name = 'KubeApiError';
  readonly code = 'ApiError';
  /** The HTTP status of the response, or the `code` of the `Status` in a watch. */
  readonly status: number;
  /** The machine-readable reason of the `Status`, such as `AlreadyExists`; empty when the body is not a `Status`. */
  readonly reason: string;
  /** The server's message, as kubectl prints it, without the request. */
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

  /** 409 because the object has changed since it was read. */
  get isConflict(): boolean {
    return this.status === 409 && this.reason !== 'AlreadyExists';
  }

  get isAlreadyExists(): boolean {
    return this.status === 409 && this.reason === 'AlreadyExists';
  }

  /** The server no longer has the requested resource version: list again. */
  get isGone(): boolean {
    return this.status === 410;
  }
}

/** A message of the API server can quote a whole object, which is too long for a log line. */
const MAX_MESSAGE_LENGTH = 2048;

/**
 * No response arrived: the connection was refused or reset, or nothing arrived in time. Only this means "the API server cannot be
 * reached". A server that responds with an error is reachable, and so is one with a wrong certificate or an incomplete response.
 */
export class KubeUnreachableError extends KubeError {
  override readonly name = 'KubeUnreachableError';
  readonly code = 'Unreachable';
  readonly retryable = true;
}

/** The response, the server's certificate or our own credential cannot be used; the code says which. */
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
  /** The token was issued for other audiences than ours. */
  | 'WrongAudience'
  /** The token has expired; no review was made. */
  | 'Expired'
  /** The API server does not accept the token (signature, deleted account, deleted pod). */
  | 'NotAuthenticated';

/** A client's token is refused. The message says which token is needed, and contains no part of the token. */
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

/** A TokenReview or SubjectAccessReview gave no usable answer; `cause` says why. It never counts as a positive answer and is never cached. */
export class ReviewUnavailableError extends Error {
  override readonly name = 'ReviewUnavailableError';
  readonly code = 'ReviewUnavailable';
  readonly retryable = true;
}
