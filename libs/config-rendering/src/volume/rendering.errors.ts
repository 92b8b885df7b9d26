/** Why a volume cannot be rendered. The codes are stable: mount errors contain them, and docs/volumes.md explains them. */
export const RENDERING_ERROR_CODES = [
  /** A Connector has no usable address in `status.proxy`. */
  'ConnectorNotServed',
  /** The certificate of the proxy's authority does not exist yet. */
  'CertificateAuthorityMissing',
  /** No mounted class has a configuration of this name. */
  'ConfigurationNotFound',
  /** A parameter without default has no value. */
  'ParameterMissing',
  /** The volume gives a parameter that no requested configuration declares. */
  'ParameterUnknown',
  /** A parameter's value does not have its type, or is not one of the allowed values. */
  'ParameterInvalid',
  /** A class uses a name that is not allowed for a file. */
  'FileNameInvalid',
  /** Two classes write the same file. */
  'FileConflict',
  /** A template of the class could not be rendered; `cause` is the TemplateError. */
  'TemplateFailed',
  /** The files are larger in total than a volume may be. */
  'VolumeTooLarge',
] as const;
export type RenderingErrorCode = (typeof RENDERING_ERROR_CODES)[number];

/** Errors that the controller usually resolves soon. The others remain until a user changes the pod, the class or the Connector. */
const RETRYABLE: ReadonlySet<RenderingErrorCode> = new Set<RenderingErrorCode>(['ConnectorNotServed', 'CertificateAuthorityMissing']);

/** A volume cannot be rendered. The message names the field and what to do, and contains no token. */
export class RenderingError extends Error {
  readonly code: RenderingErrorCode;
  /** The same request can succeed later, without any change by a user. */
  readonly retryable: boolean;

  constructor(code: RenderingErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'RenderingError';
    this.code = code;
    this.retryable = RETRYABLE.has(code);
  }
}
