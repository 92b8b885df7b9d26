import { ConditionType, Reason } from '@oci-connector/connector-api';
import { CredentialError, loadCaCertificates } from '@oci-connector/credentials';
import { type ConditionOutcome } from '../condition-outcome';
import { type CheckScope } from './check-scope';
import { readSecret } from './read-secret';

const type = ConditionType.CACertReady;

/** The outcome of the check, and the certificates that the Connector trusts. */
export interface CheckedCaCertificate {
  readonly outcome: ConditionOutcome;
  /** In PEM, including those of the installation. */
  readonly ca: readonly string[];
}

/** Loads the certificates of `spec.caCertSecretRef`. When that fails, the probes send nothing to the registry. */
export async function checkCaCertificate(scope: CheckScope): Promise<CheckedCaCertificate> {
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
 * Returns the outcome of a probe that is not sent because the certificates cannot be used. The proxy sends nothing either: a Connector
 * must not fall back to other authorities.
 */
export function unusableCaCertificate(type: ConditionType, { outcome }: CheckedCaCertificate): ConditionOutcome | undefined {
  if (outcome.status === 'True') {
    return undefined;
  }
  return { type, status: 'False', reason: Reason.CertificateInvalid, message: `spec.caCertSecretRef cannot be used: ${outcome.message}` };
}
