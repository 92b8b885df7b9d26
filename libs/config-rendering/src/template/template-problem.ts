import { type TemplateErrorCode } from './template-error';

/** What went wrong, without where: {@link renderTemplate} adds class, configuration, file and line. */
export class TemplateProblem extends Error {
  /** Where, when it is known here. */
  line?: number;

  constructor(
    readonly code: TemplateErrorCode,
    reason: string,
    /** What is refused, for the `…NotAvailable` codes. */
    readonly refused?: string,
  ) {
    super(reason);
    this.name = 'TemplateProblem';
  }

  /** Says where, unless that is known already. */
  at(line: number): this {
    this.line ??= line;
    return this;
  }
}

/** The text is no template. */
export function malformed(reason: string, line: number): TemplateProblem {
  return new TemplateProblem('SyntaxInvalid', reason).at(line);
}

/** The template came to something that Go fails on too. */
export function failed(reason: string): TemplateProblem {
  return new TemplateProblem('EvaluationFailed', reason);
}

/** Go has a result here that we cannot be sure to reproduce, so there is none. */
export function refused(name: string, why: string): TemplateProblem {
  return new TemplateProblem('FeatureNotAvailable', `${name} is not available in templates: ${why}`, name);
}

export function exceeded(limit: string): TemplateProblem {
  return new TemplateProblem('LimitExceeded', limit);
}
