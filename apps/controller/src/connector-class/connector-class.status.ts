import { type ConnectorClass, type ConnectorClassStatus, proxyServiceHost } from '@oci-connector/connector-api';
import { type Installation } from '../installation';
import { nextConditions } from '../status/conditions';
import { assessClass } from '@oci-connector/diagnosis';

/** Returns the status of a class. Pure. */
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
