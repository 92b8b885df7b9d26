import {
  ConditionType,
  Reason,
  authTypeOf,
  foreignSecretNamespace,
  parseUpstreamAddress,
  typeThatNeedsSecret,
  type AuthType,
} from '@oci-connector/connector-api';
import { CredentialError, parseCredential, type Credential, type CredentialErrorCode } from '@oci-connector/credentials';
import { quoted } from '@oci-connector/sensitive';
import { waitsFor, type ConditionOutcome } from '../condition-outcome';
import { type CheckScope, type ResolvedClass } from './check-scope';
import { readSecret } from './read-secret';

const type = ConditionType.SecretReady;

/** The outcome of the check, and the credential. */
export interface CheckedSecret {
  readonly outcome: ConditionOutcome;
  /** Absent for an anonymous Connector, and when the outcome is not True. */
  readonly credential?: Credential;
}

/** Reads the credential from the Secret that the Connector names, or checks that no Secret is needed. */
export async function checkSecret(scope: CheckScope, { connectorClass }: ResolvedClass): Promise<CheckedSecret> {
  if (!connectorClass) {
    return { outcome: waitsFor(type, ConditionType.ConnectorClassReady) };
  }
  const { connector } = scope;
  const name = connector.spec.auth?.secretRef?.name;
  if (name === undefined) {
    return { outcome: withoutSecret(typeThatNeedsSecret(connector, connectorClass)) };
  }
  // Rule C17.
  const elsewhere = foreignSecretNamespace(connector);
  if (elsewhere !== undefined) {
    const message = `spec.auth.secretRef.namespace is ${quoted(elsewhere)}; the Secret must be in the namespace of its Connector; create it there and remove the field`;
    return { outcome: { type, status: 'False', reason: Reason.SecretNamespaceNotAllowed, message } };
  }
  return readCredential(scope, name, authTypeOf(connector, connectorClass));
}

/** Returns the outcome without a Secret: the Connector is anonymous, if its class allows that. */
function withoutSecret(needing: AuthType | undefined): ConditionOutcome {
  if (!needing) {
    return { type, status: 'True', reason: Reason.SecretOptional };
  }
  const message = `authentication type ${quoted(needing.name)} requires a Secret; name one in spec.auth.secretRef`;
  return { type, status: 'False', reason: Reason.SecretNotFound, message };
}

async function readCredential(scope: CheckScope, name: string, authType: AuthType | undefined): Promise<CheckedSecret> {
  try {
    const secret = await readSecret(scope, name, authType?.secretType);
    const { host, port, pathPrefix } = parseUpstreamAddress(scope.connector.spec.address);
    const credential = parseCredential(secret, { allowedType: authType?.secretType, host, port, pathPrefix });
    return { outcome: { type, status: 'True' }, credential };
  } catch (error) {
    if (!(error instanceof CredentialError)) {
      throw error;
    }
    return { outcome: { type, status: 'False', reason: REASONS[error.code], message: error.message } };
  }
}

const REASONS: Readonly<Record<CredentialErrorCode, Reason>> = {
  SecretNotFound: Reason.SecretNotFound,
  SecretTypeMismatch: Reason.SecretTypeMismatch,
  SecretKeyMissing: Reason.SecretInvalid,
  SecretInvalid: Reason.SecretInvalid,
  DockerConfigHostMissing: Reason.SecretInvalid,
  InvalidPEM: Reason.SecretInvalid,
};
