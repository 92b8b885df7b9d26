import { ConditionType, Reason, type AuthProbe, type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { checkCredential, checkHttpProbe } from '@oci-connector/diagnosis';
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
  const probe = connectorClass && authProbeOf(scope.connector, connectorClass);
  const unusable = unusableCaCertificate(type, ca);
  if (!connectorClass || !probe || secret.outcome.status !== 'True' || unusable) {
    scope.tools.prober.forget(scope.owner, 'credential');
    if (!connectorClass) {
      return waitsFor(type, ConditionType.ConnectorClassReady);
    }
    if (!probe) {
      return { type, status: 'True', reason: Reason.NonAuthProbe };
    }
    return unusable ?? waitsFor(type, ConditionType.SecretReady);
  }
  const { http } = probe.probe;
  const repository = repositoryOf(scope.connector, probe);
  return probeConnector(scope, {
    kind: 'credential',
    type,
    connectorClass,
    credential: secret.credential,
    ca: ca.ca,
    details: http ?? { repository },
    check: (target, signal) =>
      http
        ? checkHttpProbe(http, target, { check: 'credential', signal })
        : checkCredential(target, { repository, signal, refusals: scope.tools.refusals }),
  });
}

/** The probe of the authentication type; a Connector that names none is anonymous, for which any probe of the protocol will do. */
function authProbeOf({ spec }: Connector, connectorClass: ConnectorClass): AuthProbe | undefined {
  const probes = connectorClass.spec.authProbes ?? [];
  if (spec.auth) {
    return probes.find(({ authName }) => authName === spec.auth?.name);
  }
  return probes.find(({ probe }) => probe.http === undefined);
}

/** `spec.auth.params` `repository`, or the class's default for it: what the credential must at least be able to pull from. */
function repositoryOf({ spec }: Connector, { params = [] }: AuthProbe): string | undefined {
  const given = spec.auth?.params?.find(({ name }) => name === 'repository');
  const value = given ? given.value : params.find(({ name }) => name === 'repository')?.default;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
