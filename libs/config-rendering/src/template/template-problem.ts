import { type TemplateErrorCode } from './template-error';

/** An error without its place: {@link renderTemplate} adds class, configuration, file and line. */
export class TemplateProblem extends Error {
  /** The line, if it is known. */
  line?: number;

  constructor(
    readonly code: TemplateErrorCode,
    reason: string,
    /** The refused function or feature, for the `…NotAvailable` codes. */
    readonly refused?: string,
  ) {
    super(reason);
    this.name = 'TemplateProblem';
  }

  /** Sets the line, unless it is already known. */
  at(line: number): this {
    this.line ??= line;
    return this;
  }
}

/** Reports text that is not a template. */
export function malformed(reason: string, line: number): TemplateProblem {
  return new TemplateProblem('SyntaxInvalid', reason).at(line);
}

/** Reports an evaluation that fails in Go, too. */
export function failed(reason: string): TemplateProblem {
  return new TemplateProblem('EvaluationFailed', reason);
}

/** Refuses a feature of Go whose result may not be reproduced exactly. */
export function refused(name: string, why: string): TemplateProblem {
  return new TemplateProblem('FeatureNotAvailable', `${name} is not available in templates: ${why}`, name);
}

/** Reports that a template exceeds a limit. */
export function exceeded(what: string): TemplateProblem {
  return new TemplateProblem('LimitExceeded', `limit exceeded: ${what}`);
}
