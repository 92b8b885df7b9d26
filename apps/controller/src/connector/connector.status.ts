import { type Connector, type ConnectorProxyStatus, type ConnectorStatus } from '@oci-connector/connector-api';
import { nextConditions, type ConditionOutcome } from '../status/conditions';
import { statusPatch } from '../status/status-patch';

/** What a reconcile found out, before it is compared with what was known. */
export interface ConnectorFindings {
  /** In the order of importance: the first that is not True names the reason of Ready. */
  readonly outcomes: readonly ConditionOutcome[];
  /** Where the Connector is reached; undefined when it is not served. */
  readonly proxy: ConnectorProxyStatus | undefined;
}

/** The status that the findings make. Pure. */
export function connectorStatus(connector: Connector, findings: ConnectorFindings, now: number): ConnectorStatus {
  const { status = {}, metadata } = connector;
  const generation = metadata.generation;
  const conditions = nextConditions(status.conditions, findings.outcomes, { generation, now });
  return { ...status, observedGeneration: generation, conditions, proxy: findings.proxy };
}

/** The patch that makes the status: an address that is gone has to be null. */
export function connectorStatusPatch(connector: Connector, next: ConnectorStatus): object {
  const { httpAddress = null, httpsAddress = null } = next.proxy ?? {};
  return statusPatch(connector, { ...next, proxy: next.proxy && { httpAddress, httpsAddress } });
}
