import { type WallClock } from '@oci-connector/clock';
import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { type Probes } from '@oci-connector/diagnosis';
import { type EgressPolicy } from '@oci-connector/egress';
import { type KubeClient } from '@oci-connector/kube';
import { type ClusterView } from '../cluster/cluster-view';
import { type Installation } from '../installation';
import { type Prober } from '../probing/prober';
import { type ConditionOutcome } from '../status/conditions';

/** Milliseconds that one probe may take. */
export interface ProbeTimeouts {
  readonly liveness: number;
  readonly credential: number;
}

/** What the steps of a Connector's reconcile work with. */
export interface ConnectorTools {
  readonly client: Pick<KubeClient, 'find' | 'create' | 'update' | 'delete' | 'patchStatus'>;
  readonly view: ClusterView;
  readonly installation: Installation;
  readonly prober: Pick<Prober, 'ask' | 'forget'>;
  readonly egress: EgressPolicy;
  readonly clock: WallClock;
  /** Certificates that the installation trusts besides the system's roots. */
  readonly installationCa: readonly string[];
  readonly timeouts: ProbeTimeouts;
  /** Key of the fingerprints by which equal credentials are known; random, and never leaves the process. */
  readonly fingerprintKey: Buffer;
  readonly probes: Pick<Probes, 'liveness' | 'credential'>;
}

/** One Connector while it is reconciled. */
export interface ConnectorScope {
  readonly connector: Connector;
  /** `NAMESPACE/NAME`. */
  readonly owner: string;
  readonly namespace: string;
  readonly tools: ConnectorTools;
  readonly signal: AbortSignal;
}

/** The class of a Connector, if it can be served, and what is to be said of it. */
export interface ResolvedClass {
  readonly outcome: ConditionOutcome;
  /** Absent when there is no such class, or none that we serve. */
  readonly connectorClass?: ConnectorClass;
  /** What Connectors repeat of the state of their class's API. */
  readonly api?: ConditionOutcome;
}
