/** Why a Secret contains no usable credential. The codes are stable: they are mapped to HTTP responses and to condition reasons. */
export type CredentialErrorCode =
  /** The Secret does not exist. */
  | 'SecretNotFound'
  /** The Secret's `type` is not the one that the auth type requires, or is not supported. */
  | 'SecretTypeMismatch'
  /** A key that the type requires is absent or empty. */
  | 'SecretKeyMissing'
  /** A value cannot be used: not base64, not UTF-8, not the expected JSON, or with control characters. */
  | 'SecretInvalid'
  /** The docker configuration contains no entry for the registry. */
  | 'DockerConfigHostMissing'
  /** A CA certificate is not PEM. */
  | 'InvalidPEM';

/**
 * A Secret cannot be used. The message names the Secret and the key and says what to do. It never contains a value, and no parser's error
 * is kept as `cause`, because JSON.parse quotes its input. Only a change of the Secret can help.
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
