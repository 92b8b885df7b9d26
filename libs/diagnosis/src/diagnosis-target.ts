import { type WallClock } from '@oci-connector/clock';
import { type UpstreamAddress } from '@oci-connector/connector-api';
import { type EgressPolicy } from '@oci-connector/egress';
import { type RegistryCredential } from '@oci-connector/oci-auth';

/** The registry to check, and the rules for connections to it. */
export interface DiagnosisTarget {
  readonly address: UpstreamAddress;
  /** `spec.auth.trustedRealms` of the Connector. */
  readonly trustedRealms: readonly string[];
  /** Absent: the Connector is anonymous. */
  readonly credential?: RegistryCredential;
  /** Certificates in PEM that are trusted in addition to the system's roots: the Connector's own and the installation's. */
  readonly ca: readonly string[];
  readonly egress: EgressPolicy;
  /** The clock for dates in responses. */
  readonly clock: WallClock;
  /** The time limit of one check, from the name lookup to the last byte, in milliseconds. */
  readonly timeoutMs: number;
}
