/** Why a volume has no files. Stable: mapped to mount errors, and explained in docs/volumes.md. */
export const RENDERING_ERROR_CODES = [
  /** A Connector has no usable address in `status.proxy`. */
  'ConnectorNotServed',
  /** There is no certificate of the proxy's authority. */
  'CertificateAuthorityMissing',
  /** No mounted class has a configuration of this name. */
  'ConfigurationNotFound',
  /** A parameter without default has no value. */
  'ParameterMissing',
  /** A parameter, or the configuration it is for, is not one that was asked for. */
  'ParameterUnknown',
  /** A parameter's value is not of its type, or not one of those allowed. */
  'ParameterInvalid',
  /** A class names a file in a way that cannot be a plain file. */
  'FileNameInvalid',
  /** Two classes write the same file. */
  'FileConflict',
  /** A template of the class could not be rendered; the cause is the TemplateError. */
  'TemplateFailed',
  /** All files together are larger than a volume may be. */
  'VolumeTooLarge',
] as const;
export type RenderingErrorCode = (typeof RENDERING_ERROR_CODES)[number];

/** The controller may mend these in a moment; the others stay until somebody changes the pod, the class or the Connector. */
const RETRYABLE: ReadonlySet<RenderingErrorCode> = new Set<RenderingErrorCode>(['ConnectorNotServed', 'CertificateAuthorityMissing']);

/** A volume that cannot be rendered. Messages name the field and what to do, and hold no token. */
export class RenderingError extends Error {
  readonly code: RenderingErrorCode;
  /** Whether the same request can succeed later with nothing changed by people. */
  readonly retryable: boolean;

  constructor(code: RenderingErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'RenderingError';
    this.code = code;
    this.retryable = RETRYABLE.has(code);
  }
}
