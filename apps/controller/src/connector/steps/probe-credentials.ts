import { ConditionType, Reason } from '@oci-connector/connector-api';
import {
  type CheckedCaCertificate,
  type CheckedSecret,
  type ConditionOutcome,
  type ResolvedClass,
  unusableCaCertificate,
  waitsFor,
} from '@oci-connector/diagnosis';
import { type ConnectorScope } from '../connector-scope';
import { probeConnector } from './probe-connector';

const type = ConditionType.AuthReady;

/** Results of the earlier steps. */
export interface CredentialProbeInput {
  readonly resolved: ResolvedClass;
  readonly secret: CheckedSecret;
  readonly ca: CheckedCaCertificate;
}

/** Probes whether the server accepts the credential or, without one, anonymous clients. */
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
