import { type Connector, type ConnectorProxyStatus, type ConnectorStatus } from '@oci-connector/connector-api';
import { type ConditionOutcome } from '@oci-connector/diagnosis';
import { nextConditions } from '../status/conditions';
import { statusPatch } from '../status/status-patch';

/** The results of a reconcile, before they are merged into the known status. */
export interface ConnectorFindings {
  /** In order of importance: the first one that is not True gives Ready its reason. */
  readonly outcomes: readonly ConditionOutcome[];
  /** Addresses of the Connector; undefined when it is not served. */
  readonly proxy: ConnectorProxyStatus | undefined;
}

/** Returns the status for the findings. Pure. */
export function connectorStatus(connector: Connector, findings: ConnectorFindings, now: number): ConnectorStatus {
  const { status = {}, metadata } = connector;
  const generation = metadata.generation;
  const conditions = nextConditions(status.conditions, findings.outcomes, { generation, now });
  return { ...status, observedGeneration: generation, conditions, proxy: findings.proxy };
}

/** Returns the patch that leads to the status. A removed address must be null. */
export function connectorStatusPatch(connector: Connector, next: ConnectorStatus): object {
  const { httpAddress = null, httpsAddress = null } = next.proxy ?? {};
  return statusPatch(connector, { ...next, proxy: next.proxy && { httpAddress, httpsAddress } });
}
