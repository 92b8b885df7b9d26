/** Why a Secret gives no credential. Stable: mapped to HTTP answers and to condition reasons. */
export type CredentialErrorCode =
  /** There is no such Secret. */
  | 'SecretNotFound'
  /** Its `type` is not the one that the auth type asks for, or not one that can be read. */
  | 'SecretTypeMismatch'
  /** A key that the type requires is absent or empty. */
  | 'SecretKeyMissing'
  /** A value cannot be used: not base64, not UTF-8, not the JSON expected, or with control characters. */
  | 'SecretInvalid'
  /** The docker configuration holds no entry for the registry. */
  | 'DockerConfigHostMissing'
  /** A CA certificate is not PEM. */
  | 'InvalidPEM';

/**
 * A Secret that cannot be used. The message names the Secret and the key and says what to do; it never holds a value,
 * and no parser's error is kept as `cause`, because JSON.parse quotes its input. Only a changed Secret can help.
 */
export class CredentialError extends Error {
  override readonly name = 'CredentialError';
  readonly retryable = false;

  constructor(
    readonly code: CredentialErrorCode,
    message: string,
  ) {
    super(message);
  }
}
