import { isDeepStrictEqual } from 'node:util';
import { type Connector, type ConnectorProxyStatus, type ConnectorStatus } from '@oci-connector/connector-api';
import { nextConditions, type ConditionOutcome } from '../status/conditions';

/** What a reconcile found out, before it is compared with what was known. */
export interface ConnectorFindings {
  /** In the order of importance: the first that is not True names the reason of Ready. */
  readonly outcomes: readonly ConditionOutcome[];
  /** Where the Connector is reached; `keep` what is known while that cannot be said, undefined when it is not served. */
  readonly proxy: ConnectorProxyStatus | 'keep' | undefined;
}

/** The status that the findings make. Pure. */
export function connectorStatus(connector: Connector, findings: ConnectorFindings, now: number): ConnectorStatus {
  const { status = {}, metadata } = connector;
  const generation = metadata.generation;
  const conditions = nextConditions(status.conditions, findings.outcomes, { generation, now });
  const { proxy: known, ...others } = status;
  const proxy = findings.proxy === 'keep' ? known : findings.proxy;
  return { ...others, observedGeneration: generation, conditions, ...(proxy && { proxy }) };
}

/** Whether the status has to be written. */
export function isStatusChanged(connector: Connector, next: ConnectorStatus): boolean {
  return !isDeepStrictEqual(withoutUndefined(connector.status ?? {}), withoutUndefined(next));
}

function withoutUndefined(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

/**
 * The merge patch (RFC 7386) that makes the status: what is gone has to be null. With the resource version, so that nothing
 * found for an older object is written onto a newer one.
 */
export function statusPatch(connector: Connector, next: ConnectorStatus): object {
  const proxy = next.proxy && {
    httpAddress: next.proxy.httpAddress ?? null,
    httpsAddress: next.proxy.httpsAddress ?? null,
  };
  return {
    metadata: { resourceVersion: connector.metadata.resourceVersion },
    status: { observedGeneration: next.observedGeneration, conditions: next.conditions, proxy: proxy ?? null },
  };
}
