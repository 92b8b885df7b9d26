import { ConditionType, Reason } from '@oci-connector/connector-api';
import { checkHttpProbe, checkLiveness } from '@oci-connector/diagnosis';
import { waitsFor, type ConditionOutcome } from '../../status/conditions';
import { type ConnectorScope, type ResolvedClass } from '../connector-scope';
import { type CheckedCaCertificate, unusableCaCertificate } from './check-ca-certificate';
import { probeConnector } from './probe-connector';

const type = ConditionType.LivenessReady;

/** Whether something answers at the address, as the class wants it. */
export function probeLiveness(scope: ConnectorScope, { connectorClass }: ResolvedClass, ca: CheckedCaCertificate): ConditionOutcome {
  const probe = connectorClass?.spec.livenessProbe;
  if (!connectorClass || !probe) {
    scope.tools.prober.forget(scope.owner, 'liveness');
    return connectorClass ? { type, status: 'True', reason: Reason.NonLivenessProbe } : waitsFor(type, ConditionType.ConnectorClassReady);
  }
  const unusable = unusableCaCertificate(type, ca);
  if (unusable) {
    scope.tools.prober.forget(scope.owner, 'liveness');
    return unusable;
  }
  const { http } = probe;
  return probeConnector(scope, {
    kind: 'liveness',
    type,
    connectorClass,
    ca: ca.ca,
    details: http,
    check: (target, signal) => (http ? checkHttpProbe(http, target, { check: 'liveness', signal }) : checkLiveness(target, signal)),
  });
}
