import { type WallClock } from '@oci-connector/clock';
import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { type Probes } from '@oci-connector/diagnosis';
import { type EgressPolicy } from '@oci-connector/egress';
import { type KubeClient } from '@oci-connector/kube';
import { type ClusterView } from '../cluster/cluster-view';
import { type Installation } from '../installation';
import { type Prober } from '../probing/prober';
import { type ConditionOutcome } from '../status/conditions';

/** Timeouts of one probe, in milliseconds. */
export interface ProbeTimeouts {
  readonly liveness: number;
  readonly credential: number;
}

/** Dependencies of the steps of a Connector's reconcile. */
export interface ConnectorTools {
  readonly client: Pick<KubeClient, 'find' | 'create' | 'update' | 'delete' | 'patchStatus'>;
  readonly view: ClusterView;
  readonly installation: Installation;
  readonly prober: Pick<Prober, 'ask' | 'forget'>;
  readonly egress: EgressPolicy;
  readonly clock: WallClock;
  /** Certificates that the installation trusts in addition to the system's roots. */
  readonly installationCa: readonly string[];
  readonly timeouts: ProbeTimeouts;
  /** Key of the fingerprints that identify equal credentials; random, and never leaves the process. */
  readonly fingerprintKey: Buffer;
  readonly probes: Pick<Probes, 'liveness' | 'credential'>;
}

/** The context of one reconcile of a Connector. */
export interface ConnectorScope {
  readonly connector: Connector;
  /** `NAMESPACE/NAME`. */
  readonly owner: string;
  readonly namespace: string;
  readonly tools: ConnectorTools;
  readonly signal: AbortSignal;
}

/** The class of a Connector, if it can be served, and the outcome of the check. */
export interface ResolvedClass {
  readonly outcome: ConditionOutcome;
  /** Absent when the class does not exist or cannot be served. */
  readonly connectorClass?: ConnectorClass;
  /** APIReady of the class, which its Connectors repeat. */
  readonly api?: ConditionOutcome;
}
