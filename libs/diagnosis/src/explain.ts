import { AddressError, Reason } from '@oci-connector/connector-api';
import { EgressError, classifyConnectError, type EgressErrorCode } from '@oci-connector/egress';
import { OciAuthError } from '@oci-connector/oci-auth';
import { ProbeReason, failed, unknown, type Finding } from './finding';

/** What was asked of whom when the error came. */
export interface CheckSubject {
  readonly check: 'liveness' | 'credential';
  /** Origin of `spec.address`. */
  readonly origin: string;
}

/** Deeper chains of causes are no use to anybody, and a cycle must not hang us. */
const MAX_CAUSES = 8;

/**
 * The one place where an error becomes a reason and a message that says what to do. An error that nobody foresaw is
 * thrown on: it is a fault of ours and not of the registry.
 */
export function explain(error: unknown, subject: CheckSubject): Finding {
  const chain = causes(error);
  const egress = chain.find((cause) => cause instanceof EgressError) ?? classified(chain);
  if (egress) return explainConnection(egress, subject);
  const auth = chain.find((cause) => cause instanceof OciAuthError);
  if (auth) return explainAuthorization(auth);
  if (error instanceof AddressError) return failed(Reason.ConnectionFailed, `${error.message}`);
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return unanswered(subject, `${subject.origin} did not answer in time; check spec.address, and whether a firewall or network policy is in the way`);
  }
  throw error;
}

function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let current = error; current !== undefined && chain.length < MAX_CAUSES; current = (current as Error).cause) {
    chain.push(current);
    if (!(current instanceof Error)) break;
  }
  return chain;
}

function classified(chain: readonly unknown[]): EgressError | undefined {
  return chain.map((cause) => classifyConnectError(cause)).find((typed) => typed !== undefined);
}

/** No answer at all says something about the address, and nothing about the credential. */
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

function explainAuthorization(error: OciAuthError): Finding {
  switch (error.code) {
    case 'RealmUntrusted':
      return failed(Reason.AuthRealmUntrusted, error.message);
    case 'CredentialRefused':
      return { ...failed(Reason.AuthenticationFailed, authenticationFailed(error)), credentialRefused: true };
    case 'CredentialMissing':
    case 'RepositoryDenied':
      return failed(Reason.AuthenticationFailed, authenticationFailed(error));
    case 'RealmInvalid':
    case 'ChallengeUnsupported':
    case 'TokenResponseInvalid':
    case 'TokenResponseTooLarge':
      return failed(Reason.AuthenticationFailed, error.message);
    case 'TokenEndpointThrottled':
    case 'RegistryThrottled':
      return { ...unknown(ProbeReason.Throttled, error.message), retryAfterMs: error.retryAfterMs };
    case 'TokenEndpointUnreachable':
    case 'RegistryUnreachable':
      return unknown(Reason.ConnectionFailed, error.message);
    case 'NotARegistry':
      return unknown(Reason.NotARegistry, error.message);
  }
}

/** Begins with the words that users of the product family search for. */
function authenticationFailed({ status, message }: OciAuthError): string {
  return status === undefined ? `Authentication failed: ${message}` : `Authentication failed: status code ${status}: ${message}`;
}
