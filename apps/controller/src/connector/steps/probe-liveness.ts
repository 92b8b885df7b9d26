import { ConditionType, Reason } from '@oci-connector/connector-api';
import {
  type CheckedCaCertificate,
  type ConditionOutcome,
  type ResolvedClass,
  unusableCaCertificate,
  waitsFor,
} from '@oci-connector/diagnosis';
import { type ConnectorScope } from '../connector-scope';
import { probeConnector } from './probe-connector';

const type = ConditionType.LivenessReady;

/** Probes whether the server at the address answers as the class requires. */
export function probeLiveness(scope: ConnectorScope, { connectorClass }: ResolvedClass, ca: CheckedCaCertificate): ConditionOutcome {
  const check = connectorClass && scope.tools.probes.liveness(connectorClass);
  if (!connectorClass || !check) {
    scope.tools.prober.forget(scope.owner, 'liveness');
    return connectorClass ? { type, status: 'True', reason: Reason.NonLivenessProbe } : waitsFor(type, ConditionType.ConnectorClassReady);
  }
  const unusable = unusableCaCertificate(type, ca);
  if (unusable) {
    scope.tools.prober.forget(scope.owner, 'liveness');
    return unusable;
  }
  return probeConnector(scope, { kind: 'liveness', type, connectorClass, ca: ca.ca, check });
}
