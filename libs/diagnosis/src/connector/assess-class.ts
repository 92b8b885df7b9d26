import {
  ConditionType,
  Reason,
  needsApi,
  needsRego,
  type ConnectorClass,
  type InstallationNames,
  isOurProxy,
} from '@oci-connector/connector-api';
import { readyOutcome, type ConditionOutcome } from '../condition-outcome';

/** The result of assessing a class. */
export interface ClassAssessment {
  /** Ready first. */
  readonly outcomes: readonly ConditionOutcome[];
  /** The outcome of Ready. Connectors of a class that is not Ready are not checked further. */
  readonly ready: ConditionOutcome;
}

/**
 * Assesses whether this installation can serve a class. Contacts no server, so the reconcile of a Connector calls it too, instead of
 * waiting for the status of the class.
 */
export function assessClass(connectorClass: ConnectorClass, installation: InstallationNames): ClassAssessment {
  const parts = [apiReady(connectorClass), proxyReady(connectorClass, installation)];
  const ready = unsupported(connectorClass) ?? readyOutcome(parts);
  return { outcomes: [ready, ...parts], ready };
}

/** `spec.api` is stored but never called. That alone does not make a class unusable. */
function apiReady({ spec }: ConnectorClass): ConditionOutcome {
  const type = ConditionType.APIReady;
  if (spec.api === undefined) {
    return { type, status: 'True', reason: Reason.NonAPI };
  }
  return {
    type,
    status: 'False',
    severity: 'Info',
    reason: Reason.ApiNotSupported,
    message: 'spec.api is stored but not called by this version',
  };
}

function proxyReady({ spec }: ConnectorClass, installation: InstallationNames): ConditionOutcome {
  const type = ConditionType.ProxyReady;
  if (spec.proxy === undefined) {
    return { type, status: 'True', reason: Reason.NonProxy };
  }
  if (isOurProxy(spec.proxy, installation)) {
    return { type, status: 'True' };
  }
  const { proxyService, namespace } = installation;
  return {
    type,
    status: 'False',
    reason: Reason.ProxyNotSupported,
    message: `spec.proxy must name this installation's proxy: ref {kind: Service, name: ${proxyService}, namespace: ${namespace}}`,
  };
}

/** Returns the feature that the class needs and this version lacks. Such a class is never served without the feature. */
function unsupported(connectorClass: ConnectorClass): ConditionOutcome | undefined {
  const type = ConditionType.Ready;
  if (needsRego(connectorClass)) {
    return {
      type,
      status: 'False',
      reason: Reason.RegoNotSupported,
      message: 'the class contains Rego (generator or authExtractor), which this version does not run',
    };
  }
  if (needsApi(connectorClass)) {
    return {
      type,
      status: 'False',
      reason: Reason.ApiNotSupported,
      message:
        'a probe of the class is an api probe, which this version does not support; use an http probe, or an empty probe with protocol oci',
    };
  }
  return undefined;
}
