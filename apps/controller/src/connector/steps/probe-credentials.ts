import { ConditionType, Reason } from '@oci-connector/connector-api';
import { waitsFor, type ConditionOutcome } from '../../status/conditions';
import { type ConnectorScope, type ResolvedClass } from '../connector-scope';
import { type CheckedCaCertificate, unusableCaCertificate } from './check-ca-certificate';
import { type CheckedSecret } from './check-secret';
import { probeConnector } from './probe-connector';

const type = ConditionType.AuthReady;

/** What the steps before have found. */
export interface CredentialProbeInput {
  readonly resolved: ResolvedClass;
  readonly secret: CheckedSecret;
  readonly ca: CheckedCaCertificate;
}

/** Whether the server takes the credential or, without one, lets anonymous clients in. */
export function probeCredentials(scope: ConnectorScope, { resolved, secret, ca }: CredentialProbeInput): ConditionOutcome {
  const { connectorClass } = resolved;
  const check = connectorClass && scope.tools.probes.credential(scope.connector, connectorClass);
  const unusable = unusableCaCertificate(type, ca);
  if (!connectorClass || !check || secret.outcome.status !== 'True' || unusable) {
    scope.tools.prober.forget(scope.owner, 'credential');
    if (!connectorClass) {
      return waitsFor(type, ConditionType.ConnectorClassReady);
    }
    if (!check) {
      return { type, status: 'True', reason: Reason.NonAuthProbe };
    }
    return unusable ?? waitsFor(type, ConditionType.SecretReady);
  }
  return probeConnector(scope, { kind: 'credential', type, connectorClass, credential: secret.credential, ca: ca.ca, check });
}
