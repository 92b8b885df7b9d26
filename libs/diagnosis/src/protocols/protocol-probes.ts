import { type RefusedCredentials } from '@oci-connector/oci-auth';
import { type DiagnosisTarget } from '../diagnosis-target';
import { type Finding } from '../finding';

/**
 * What an empty probe of a class stands for: the border between the checks and what knows a protocol. A protocol is one folder here and one line in
 * `probes.ts`; it makes its requests by the egress policy of the target, and says what it found as a {@link Finding}.
 */
export interface ProtocolProbes {
  /** `livenessProbe: {}`. Whether the server at the address speaks the protocol; sends no credential. Absent: the protocol has no such probe. */
  readonly liveness?: (target: DiagnosisTarget, options: ProbeOptions) => Promise<Finding>;
  /** `authProbes[].probe: {}`. Absent: the protocol has no such probe. */
  readonly credential?: CredentialProbe;
}

export interface CredentialProbe {
  /** The names in `spec.auth.params` that this probe reads. Connectors that differ in one of them are asked about separately. */
  readonly params: readonly string[];
  /** Whether the server accepts the credential of the target or, without one, serves anonymous clients. */
  readonly check: (target: DiagnosisTarget, options: CredentialProbeOptions) => Promise<Finding>;
}

export interface ProbeOptions {
  /** Ends the check early. */
  readonly signal: AbortSignal;
}

export interface CredentialProbeOptions extends ProbeOptions {
  /** The values of {@link CredentialProbe.params}: the Connector's, else the default of the class; one that is empty or in neither is absent. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Refusals of all checks of this program: a refused credential is sent once, whatever shares it. */
  readonly refusals: RefusedCredentials;
}
