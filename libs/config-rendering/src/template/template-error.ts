import { quoted } from '@oci-connector/sensitive';

/** Why a template could not be rendered. Stable: mapped to conditions and mount errors. */
export type TemplateErrorCode =
  /** The text is no template. */
  | 'SyntaxInvalid'
  /** A function that is unknown, or that we do not offer; `refused` names it. */
  | 'FunctionNotAvailable'
  /** Something that Go can do and we refuse instead of doing it differently; `refused` names it. */
  | 'FeatureNotAvailable'
  /** The template was executed and came to something impossible, or called `fail`. */
  | 'EvaluationFailed'
  /** A limit of {@link RenderLimits} or of nesting. */
  | 'LimitExceeded';

/** Where in which class an error arose. */
export interface TemplatePlace {
  readonly connectorClass: string;
  readonly configuration: string;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/**
 * The one error of the template engine. Its message says where and what; it holds text of the template and names of
 * types, but no value of the data, other than what the template itself hands to `fail`.
 */
export class TemplateError extends Error {
  readonly code: TemplateErrorCode;
  readonly connectorClass: string;
  readonly configuration: string;
  readonly file: string;
  readonly line: number;
  /** What is refused, for the two `…NotAvailable` codes: `env`, `%#v`, … */
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
