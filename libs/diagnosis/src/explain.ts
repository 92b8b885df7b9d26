import { AddressError, Reason } from '@oci-connector/connector-api';
import { EgressError, classifyConnectError, type EgressErrorCode } from '@oci-connector/egress';
import { OciAuthError, type OciAuthErrorCode } from '@oci-connector/oci-auth';
import { failed, throttled, unknown, type Finding } from './finding';

/** The check that the error occurred in. */
export interface CheckSubject {
  readonly check: 'liveness' | 'credential';
  /** The origin of `spec.address`. */
  readonly origin: string;
}

/** Deeper causes are not useful, and a cycle must not loop forever. */
const MAX_CAUSES = 8;

/**
 * Maps an error to a reason and a message that says what to do. This is the only place that does so.
 *
 * @throws the error itself when it is unknown: then it is a defect of this program and not of the registry
 */
export function explain(error: unknown, subject: CheckSubject): Finding {
  const chain = causes(error);
  const egress = chain.find((cause) => cause instanceof EgressError) ?? classified(chain);
  if (egress) {
    return explainConnection(egress, subject);
  }
  const auth = chain.find((cause) => cause instanceof OciAuthError);
  if (auth) {
    return AUTHORIZATION[auth.code](auth);
  }
  if (error instanceof AddressError) {
    return failed(Reason.ConnectionFailed, error.message);
  }
  if (isTimeout(error)) {
    return unanswered(
      subject,
      `${subject.origin} did not answer in time; check spec.address, and whether a firewall or network policy is in the way`,
    );
  }
  throw error;
}

/** A signal's reason is a DOMException, which is an Error only in newer versions of Node. */
function isTimeout(error: unknown): boolean {
  const { name } = error as { name?: unknown };
  return name === 'TimeoutError' || name === 'AbortError';
}

function causes(error: unknown): Error[] {
  const chain: Error[] = [];
  let current = error;
  while (current instanceof Error && chain.length < MAX_CAUSES) {
    chain.push(current);
    current = current.cause;
  }
  return chain;
}

function classified(chain: readonly Error[]): EgressError | undefined {
  return chain.map((cause) => classifyConnectError(cause)).find((typed) => typed !== undefined);
}

/** No response is a failure of the address, but leaves the state of the credential unknown. */
function unanswered({ check }: CheckSubject, message: string): Finding {
  return check === 'liveness' ? failed(Reason.ConnectionFailed, message) : unknown(Reason.ConnectionFailed, message);
}

const CONNECTION_REASONS: Readonly<Partial<Record<EgressErrorCode, Reason>>> = {
  AddressNotAllowed: Reason.AddressNotAllowed,
  CertificateInvalid: Reason.CertificateInvalid,
};

function explainConnection(error: EgressError, subject: CheckSubject): Finding {
  const reason = CONNECTION_REASONS[error.code];
  return reason ? failed(reason, error.message) : unanswered(subject, error.message);
}

type Explanation = (error: OciAuthError) => Finding;

const refusal: Explanation = (error) => failed(Reason.AuthenticationFailed, authenticationFailed(error));
const unusable: Explanation = ({ message }) => failed(Reason.AuthenticationFailed, message);
const invalidRealm: Explanation = ({ message }) => failed(Reason.AuthRealmInvalid, message);
const throttledBy: Explanation = ({ message, retryAfterMs }) => throttled(message, retryAfterMs);
const unreachable: Explanation = ({ message }) => unknown(Reason.ConnectionFailed, message);

/** The findings by code. The type requires a line for every code. */
const AUTHORIZATION: Readonly<Record<OciAuthErrorCode, Explanation>> = {
  RealmUntrusted: ({ message }) => failed(Reason.AuthRealmUntrusted, message),
  // The credential is not sent again while RefusedCredentials remembers the refusal, however often it is checked.
  CredentialRefused: refusal,
  CredentialMissing: refusal,
  RepositoryDenied: refusal,
  AccessRefused: refusal,
  ScopeRefused: refusal,
  TokenRequestsSpent: refusal,
  RealmInvalid: invalidRealm,
  RealmHasUserInfo: invalidRealm,
  TokenExpired: unusable,
  ChallengeUnsupported: unusable,
  TokenResponseInvalid: unusable,
  TokenResponseTooLarge: unusable,
  TokenEndpointThrottled: throttledBy,
  RegistryThrottled: throttledBy,
  TokenEndpointUnreachable: unreachable,
  RegistryUnreachable: unreachable,
  NotARegistry: ({ message }) => unknown(Reason.NotARegistry, message),
};

/** Begins with the words that users of the product family search for. */
function authenticationFailed({ status, message }: OciAuthError): string {
  return status === undefined ? `Authentication failed: ${message}` : `Authentication failed: status code ${status}: ${message}`;
}
