import { ConditionType, Reason } from '@oci-connector/connector-api';
import { waitsFor, type ConditionOutcome } from '../../status/conditions';
import { type ConnectorScope, type ResolvedClass } from '../connector-scope';
import { type CheckedCaCertificate, unusableCaCertificate } from './check-ca-certificate';
import { probeConnector } from './probe-connector';

const type = ConditionType.LivenessReady;

/** Whether something answers at the address, as the class wants it. */
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
