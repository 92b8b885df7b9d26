import { type Connector, type ConnectorClass, type InstallationNames } from '@oci-connector/connector-api';
import { type KubeClient } from '@oci-connector/kube';
import { type ConditionOutcome } from '../condition-outcome';

/** The Connector to check, and what the checks of its objects need. */
export interface CheckScope {
  readonly connector: Connector;
  readonly namespace: string;
  readonly tools: CheckTools;
  readonly signal: AbortSignal;
}

export interface CheckTools {
  readonly client: Pick<KubeClient, 'find'>;
  readonly installation: InstallationNames;
  /** Certificates that the installation trusts in addition to the system's roots. */
  readonly installationCa: readonly string[];
}

/** The class of a Connector, if it can be served, and the outcome of the check. */
export interface ResolvedClass {
  readonly outcome: ConditionOutcome;
  /** Absent when the class does not exist or cannot be served. */
  readonly connectorClass?: ConnectorClass;
  /** APIReady of the class, which its Connectors repeat. */
  readonly api?: ConditionOutcome;
}
