import { quoted } from '@oci-connector/sensitive';

/** Why a template could not be rendered. The codes are stable: conditions and mount errors depend on them. */
export type TemplateErrorCode =
  /** The text is not a template. */
  | 'SyntaxInvalid'
  /** The function is unknown or not offered; `refused` names it. */
  | 'FunctionNotAvailable'
  /** The feature exists in Go but is refused here, because the result could differ; `refused` names it. */
  | 'FeatureNotAvailable'
  /** The evaluation failed as it does in Go, or the template called `fail`. */
  | 'EvaluationFailed'
  /** A limit of {@link RenderLimits} or of nesting was exceeded. */
  | 'LimitExceeded';

/** The place in a class where an error occurred. */
export interface TemplatePlace {
  readonly connectorClass: string;
  readonly configuration: string;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/**
 * The only error of the template engine. Its message names the place and the reason. It contains text of the template and
 * names of types. It contains no value of the data, except what the template itself passes to `fail`.
 */
export class TemplateError extends Error {
  readonly code: TemplateErrorCode;
  readonly connectorClass: string;
  readonly configuration: string;
  readonly file: string;
  readonly line: number;
  /** The refused function or feature, for the two `…NotAvailable` codes: `env`, `%#v`, … */
  readonly refused?: string;

  constructor(code: TemplateErrorCode, reason: string, place: TemplatePlace, options: { refused?: string; cause?: unknown } = {}) {
    const { connectorClass, configuration, file, line } = place;
    super(`class "${connectorClass}", configuration ${quoted(configuration)}, file ${quoted(file)}, line ${line}: ${reason}`, {
      cause: options.cause,
    });
    this.name = 'TemplateError';
    this.code = code;
    this.connectorClass = connectorClass;
    this.configuration = configuration;
    this.file = file;
    this.line = line;
    this.refused = options.refused;
  }
}
