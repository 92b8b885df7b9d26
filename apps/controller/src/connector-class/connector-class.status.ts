import { isDeepStrictEqual } from 'node:util';
import { type ConnectorClass, type ConnectorClassStatus, proxyServiceHost } from '@oci-connector/connector-api';
import { type Installation } from '../installation';
import { nextConditions } from '../status/conditions';
import { assessClass } from './assess-class';

/** The status of a class. Pure. */
export function connectorClassStatus(connectorClass: ConnectorClass, installation: Installation, now: number): ConnectorClassStatus {
  const { status = {}, metadata, spec } = connectorClass;
  const { outcomes, ready } = assessClass(connectorClass, installation);
  const isServed = spec.proxy !== undefined && ready.status === 'True';
  const httpAddress = { url: `http://${proxyServiceHost(installation)}`, audience: installation.audience };
  return {
    ...status,
    observedGeneration: metadata.generation,
    conditions: nextConditions(status.conditions, outcomes, { generation: metadata.generation, now }),
    proxy: isServed ? { httpAddress } : undefined,
  };
}

/** Whether the status has to be written. */
export function isClassStatusChanged(connectorClass: ConnectorClass, next: ConnectorClassStatus): boolean {
  return !isDeepStrictEqual(JSON.parse(JSON.stringify(connectorClass.status ?? {})), JSON.parse(JSON.stringify(next)));
}

/** The merge patch (RFC 7386) that makes the status, for this version of the class only. */
export function classStatusPatch(connectorClass: ConnectorClass, next: ConnectorClassStatus): object {
  return {
    metadata: { resourceVersion: connectorClass.metadata.resourceVersion },
    status: { observedGeneration: next.observedGeneration, conditions: next.conditions, proxy: next.proxy ?? null },
  };
}
