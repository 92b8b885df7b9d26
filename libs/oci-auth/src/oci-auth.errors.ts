/**
 * Why an authorisation for a registry could not be obtained. The codes are stable: the proxy maps them to HTTP responses, and the
 * controller maps them to condition reasons.
 */
export type OciAuthErrorCode =
  /** The challenge's realm is an origin that may not receive this connector's credential (rule C1). */
  | 'RealmUntrusted'
  /** The challenge's realm is missing or is not a plain http(s) URL. */
  | 'RealmInvalid'
  /** The challenge's realm contains a user name, which would be sent in place of the connector's own. */
  | 'RealmHasUserInfo'
  /** The token server sent no usable response: no connection, no response in time, or a 5xx status. */
  | 'TokenEndpointUnreachable'
  /** The token server answered 429; see `retryAfterMs`. */
  | 'TokenEndpointThrottled'
  /** The token server responded without a token: a redirect, an unexpected status, or a malformed body. */
  | 'TokenResponseInvalid'
  /** The token server's response exceeds the size limit. */
  | 'TokenResponseTooLarge'
  /** The token server refuses the scope (400): it does not know one of the actions, or does not support several scopes. */
  | 'ScopeRefused'
  /** Tokens expire before they reach the registry. */
  | 'TokenExpired'
  /** The registry or its token server refuses the connector's credential, whatever it is used for. */
  | 'CredentialRefused'
  /** The registry or its token server accepts the credential but refuses the action: the account lacks the right. */
  | 'AccessRefused'
  /** The limit of token requests for one request is reached, so the reason of the refusal is unknown. */
  | 'TokenRequestsSpent'
  /** The registry requires a credential and the connector has none. */
  | 'CredentialMissing'
  /** The credential is good but may not pull from the requested repository. */
  | 'RepositoryDenied'
  /** The registry offers no scheme that we support (Bearer, Basic). */
  | 'ChallengeUnsupported'
  /** The registry sent no usable response: no connection, no response in time, or a 5xx status. */
  | 'RegistryUnreachable'
  /** The registry answered 429 to the probe; see `retryAfterMs`. */
  | 'RegistryThrottled'
  /** The server at the address does not implement the distribution specification. */
  | 'NotARegistry';

/** Only these errors can go away without any change. */
const RETRYABLE: ReadonlySet<OciAuthErrorCode> = new Set<OciAuthErrorCode>([
  'TokenEndpointUnreachable',
  'TokenEndpointThrottled',
  'RegistryUnreachable',
  'RegistryThrottled',
]);

/** Details of an {@link OciAuthError}. */
export interface OciAuthErrorDetails {
  cause?: unknown;
  /** How long the server asked us to wait, in milliseconds. */
  retryAfterMs?: number;
  /** The status of the response that led to the error, if there was one. */
  status?: number;
  /** The message without the dialled addresses, if `message` contains them. */
  publicMessage?: string;
}

/** The only error class of this library. Messages say what to do and contain no secret. */
export class OciAuthError extends Error {
  readonly code: OciAuthErrorCode;
  /** Whether the same call can succeed later without any change. */
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly status?: number;
  /** The message for clients, who may see the address in the spec but not the addresses it resolves to. */
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

  /** Returns the error for a repetition after `elapsedMs`: the wait that it asks for is shorter by that time. */
  repeatedAfter(elapsedMs: number): OciAuthError {
    const { code, message, cause, status, retryAfterMs, publicMessage } = this;
    if (retryAfterMs === undefined) {
      return this;
    }
    return new OciAuthError(code, message, { cause, status, publicMessage, retryAfterMs: Math.max(0, retryAfterMs - elapsedMs) });
  }
}

/** Returns the error for a peer that did not respond. The message of the cause may name addresses; its `reason` (EgressError) does not. */
export function unreachable(code: 'RegistryUnreachable' | 'TokenEndpointUnreachable', peer: string, cause: unknown): OciAuthError {
  const { message = 'no answer', reason = 'the connection failed' }: { message?: string; reason?: string } =
    cause instanceof Error ? cause : {};
  return new OciAuthError(code, `${peer} cannot be reached: ${message}`, { cause, publicMessage: `${peer} cannot be reached: ${reason}.` });
}
