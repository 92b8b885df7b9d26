import { Sensitive } from '@oci-connector/sensitive';
import { renderTemplate, type TemplateSource } from '../template/render-template';
import { TemplateError } from '../template/template-error';
import { RenderingError } from './rendering.errors';
import { type TemplateData } from './template-data';

/** In the place of a token; has three parts as well, so that a template that takes it apart comes to the same. */
const STAND_IN = new Sensitive('[redacted].[redacted].[redacted]');

/**
 * One file of a configuration.
 *
 * @throws RenderingError (TemplateFailed), which holds nothing of the token
 */
export function renderFile(source: TemplateSource, token: Sensitive, dataWith: (token: Sensitive) => TemplateData): string {
  try {
    return renderTemplate(source, dataWith(token));
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const cause = withoutToken(error, source, () => renderTemplate(source, dataWith(STAND_IN)));
    throw new RenderingError('TemplateFailed', cause.message, { cause });
  }
}

/**
 * A template can hand the token to `fail`: whole, a part of it, encoded. No search finds all of that, so what is told is the
 * error that the stand-in leads to, which knows no token.
 */
function withoutToken({ code, line }: TemplateError, source: TemplateSource, renderStandIn: () => string): TemplateError {
  try {
    renderStandIn();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    if (error.code === code && error.line === line) return error;
  }
  return new TemplateError(code, "the reason depends on the pod's token and is not told; do not decide by what a token holds", { ...source, line });
}
