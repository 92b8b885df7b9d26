import { ConditionType, Reason } from '@oci-connector/connector-api';
import { CredentialError, loadCaCertificates } from '@oci-connector/credentials';
import { type ConditionOutcome } from '../../status/conditions';
import { type ConnectorScope } from '../connector-scope';
import { readSecret } from './read-secret';

const type = ConditionType.CACertReady;

/** The certificates that the Connector trusts. */
export interface CheckedCaCertificate {
  readonly outcome: ConditionOutcome;
  /** In PEM, those of the installation included. */
  readonly ca: readonly string[];
}

/** Loads the certificates of `spec.caCertSecretRef`. When that fails, nothing is sent to the registry. */
export async function checkCaCertificate(scope: ConnectorScope): Promise<CheckedCaCertificate> {
  const ca = scope.tools.installationCa;
  const name = scope.connector.spec.caCertSecretRef?.name;
  if (name === undefined) {
    return { outcome: { type, status: 'True', reason: Reason.NoCACert, severity: 'Info' }, ca };
  }
  try {
    const own = loadCaCertificates(await readSecret(scope, name));
    const message = `CA certificate loaded from secret "${name}"`;
    return { outcome: { type, status: 'True', reason: Reason.Valid, severity: 'Info', message }, ca: [...ca, ...own] };
  } catch (error) {
    if (!(error instanceof CredentialError)) {
      throw error;
    }
    const reason = error.code === 'SecretNotFound' ? Reason.SecretNotFound : Reason.InvalidPEM;
    return { outcome: { type, status: 'False', reason, severity: 'Info', message: error.message }, ca };
  }
}

/**
 * What a probe says instead of being made while the certificates cannot be used. The proxy sends nothing either: without its own
 * authorities a Connector must not trust others instead.
 */
export function unusableCaCertificate(type: ConditionType, { outcome }: CheckedCaCertificate): ConditionOutcome | undefined {
  if (outcome.status === 'True') {
    return undefined;
  }
  return { type, status: 'False', reason: Reason.CertificateInvalid, message: `spec.caCertSecretRef cannot be used: ${outcome.message}` };
}
