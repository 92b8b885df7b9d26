import { type WallClock } from '@oci-connector/clock';
import { type UpstreamAddress } from '@oci-connector/connector-api';
import { type EgressPolicy } from '@oci-connector/egress';
import { type RegistryCredential } from '@oci-connector/oci-auth';

/** What is checked, and by which rules it may be contacted. */
export interface DiagnosisTarget {
  readonly address: UpstreamAddress;
  /** `spec.auth.trustedRealms` of the Connector. */
  readonly trustedRealms: readonly string[];
  /** Absent: the Connector is anonymous. */
  readonly credential?: RegistryCredential;
  /** Certificates in PEM that are trusted besides the system's roots: the Connector's own and the installation's. */
  readonly ca: readonly string[];
  readonly egress: EgressPolicy;
  /** For dates that a server names. */
  readonly clock: WallClock;
  /** Time for one check, from the look-up of the name to the last byte, in milliseconds. */
  readonly timeoutMs: number;
}
