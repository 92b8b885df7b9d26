/**
 * Why an authorisation for a registry could not be had. The codes are stable: the proxy maps them to HTTP answers, the
 * controller to condition reasons.
 */
export type OciAuthErrorCode =
  /** The challenge's realm is an origin that may not receive this connector's credential (rule C1). */
  | 'RealmUntrusted'
  /** The challenge's realm is missing or is not a plain http(s) URL. */
  | 'RealmInvalid'
  /** The challenge's realm has a user name in it, which would go out in place of the connector's own. */
  | 'RealmHasUserInfo'
  /** The token server gave no usable answer: no connection, no answer in time, or a 5xx status. */
  | 'TokenEndpointUnreachable'
  /** The token server answered 429; see `retryAfterMs`. */
  | 'TokenEndpointThrottled'
  /** The token server answered, but with no token: a redirect, a status that makes no sense, garbage. */
  | 'TokenResponseInvalid'
  /** The token server's answer exceeds the limit. */
  | 'TokenResponseTooLarge'
  /** The token server does not take the scope (400): it does not know one of the actions, or not several scopes. */
  | 'ScopeRefused'
  /** Tokens end before the registry sees them. */
  | 'TokenExpired'
  /** The registry or its token server refuses the connector's credential, whatever it is used for. */
  | 'CredentialRefused'
  /** The registry or its token server refuses what was asked for, and not the credential: the account has no right to it. */
  | 'AccessRefused'
  /** One request may cost so many requests to token servers and no more; what more would have said nobody knows. */
  | 'TokenRequestsSpent'
  /** The registry wants a credential and the connector has none. */
  | 'CredentialMissing'
  /** The credential is good but may not pull from the repository that was asked for. */
  | 'RepositoryDenied'
  /** The registry offers no scheme that we speak (Bearer, Basic). */
  | 'ChallengeUnsupported'
  /** The registry gave no usable answer: no connection, no answer in time, or a 5xx status. */
  | 'RegistryUnreachable'
  /** The registry answered 429 to the probe; see `retryAfterMs`. */
  | 'RegistryThrottled'
  /** What answers at the address does not speak the distribution protocol. */
  | 'NotARegistry';

/** Trying again without any change can help only for these. */
const RETRYABLE: ReadonlySet<OciAuthErrorCode> = new Set<OciAuthErrorCode>([
  'TokenEndpointUnreachable',
  'TokenEndpointThrottled',
  'RegistryUnreachable',
  'RegistryThrottled',
]);

/** Details of an {@link OciAuthError}. */
export interface OciAuthErrorDetails {
  cause?: unknown;
  /** How long the peer asked us to wait, in milliseconds. */
  retryAfterMs?: number;
  /** Status of the answer that led to the error, when there was one. */
  status?: number;
  /** The message without what was dialled, where that is in it. */
  publicMessage?: string;
}

/** The one error of this library. Messages say what to do and hold no secret. */
export class OciAuthError extends Error {
  readonly code: OciAuthErrorCode;
  /** Whether the same call can succeed later with nothing changed. */
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly status?: number;
  /** For those who may know the address that the connector's owner wrote, and not where it leads. */
  readonly publicMessage: string;

  constructor(code: OciAuthErrorCode, message: string, details: OciAuthErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'OciAuthError';
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.retryAfterMs = details.retryAfterMs;
    this.status = details.status;
    this.publicMessage = details.publicMessage ?? message;
  }

  /** The same error, told again after so many milliseconds of the wait that it asks for. */
  retold(elapsedMs: number): OciAuthError {
    const { code, message, cause, status, retryAfterMs, publicMessage } = this;
    if (retryAfterMs === undefined) {
      return this;
    }
    return new OciAuthError(code, message, { cause, status, publicMessage, retryAfterMs: Math.max(0, retryAfterMs - elapsedMs) });
  }
}

/** The error for a peer that gave no answer. What its cause says may name addresses; a `reason` of it, as that of EgressError, does not. */
export function unreachable(code: 'RegistryUnreachable' | 'TokenEndpointUnreachable', peer: string, cause: unknown): OciAuthError {
  const { message = 'no answer', reason = 'the connection failed' }: { message?: string; reason?: string } =
    cause instanceof Error ? cause : {};
  return new OciAuthError(code, `${peer} cannot be reached: ${message}`, { cause, publicMessage: `${peer} cannot be reached: ${reason}.` });
}
