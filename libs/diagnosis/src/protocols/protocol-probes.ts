import { type RefusedCredentials } from '@oci-connector/oci-auth';
import { type DiagnosisTarget } from '../diagnosis-target';
import { type Finding } from '../finding';

/**
 * The checks of a protocol for the empty probes of a class. This is the interface between the general checks and the code for one protocol.
 * A protocol is one folder here and one line in `probes.ts`. It sends its requests by the egress policy of the target, and returns a
 * {@link Finding}.
 */
export interface ProtocolProbes {
  /** For `livenessProbe: {}`: checks whether the server at the address speaks the protocol. Sends no credential. Absent: no such probe. */
  readonly liveness?: (target: DiagnosisTarget, options: ProbeOptions) => Promise<Finding>;
  /** For `authProbes[].probe: {}`. Absent: the protocol has no such probe. */
  readonly credential?: CredentialProbe;
  /** Finds out, without sending the credential, how the server wants clients to log in. Absent: the protocol does not say that. */
  readonly login?: (target: DiagnosisTarget, options: ProbeOptions) => Promise<LoginFinding>;
}

/** How a server wants clients to log in, and to which server that sends the credential. */
export interface LoginFinding {
  readonly finding: Finding;
  /** Absent unless the finding is `passed`. */
  readonly login?: { readonly scheme: 'none' | 'basic' | 'bearer'; readonly sentTo: string };
}

export interface CredentialProbe {
  /** The names in `spec.auth.params` that this probe reads. Connectors that differ in one of them are checked separately. */
  readonly params: readonly string[];
  /** Checks whether the server accepts the credential of the target or, without one, serves anonymous clients. */
  readonly check: (target: DiagnosisTarget, options: CredentialProbeOptions) => Promise<Finding>;
}

export interface ProbeOptions {
  /** Ends the check early. */
  readonly signal: AbortSignal;
}

export interface CredentialProbeOptions extends ProbeOptions {
  /** The values of {@link CredentialProbe.params}: those of the Connector, else the defaults of the class. Empty values are absent. */
  readonly params: Readonly<Record<string, unknown>>;
  /** The refusals of all checks of this program: a refused credential is sent once, however many Connectors share it. */
  readonly refusals: RefusedCredentials;
}
