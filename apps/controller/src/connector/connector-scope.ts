import { type WallClock } from '@oci-connector/clock';
import { type CheckScope, type CheckTools, type Probes } from '@oci-connector/diagnosis';
import { type EgressPolicy } from '@oci-connector/egress';
import { type KubeClient } from '@oci-connector/kube';
import { type ClusterView } from '../cluster/cluster-view';
import { type Installation } from '../installation';
import { type Prober } from '../probing/prober';

/** Timeouts of one probe, in milliseconds. */
export interface ProbeTimeouts {
  readonly liveness: number;
  readonly credential: number;
}

/** Dependencies of the steps of a Connector's reconcile. */
export interface ConnectorTools extends CheckTools {
  readonly client: Pick<KubeClient, 'find' | 'create' | 'update' | 'delete' | 'patchStatus'>;
  readonly view: ClusterView;
  readonly installation: Installation;
  readonly prober: Pick<Prober, 'ask' | 'forget'>;
  readonly egress: EgressPolicy;
  readonly clock: WallClock;
  readonly timeouts: ProbeTimeouts;
  /** Key of the fingerprints that identify equal credentials; random, and never leaves the process. */
  readonly fingerprintKey: Buffer;
  readonly probes: Pick<Probes, 'liveness' | 'credential'>;
}

/** The context of one reconcile of a Connector. */
export interface ConnectorScope extends CheckScope {
  /** `NAMESPACE/NAME`. */
  readonly owner: string;
  readonly tools: ConnectorTools;
}
