import { Budget } from './budget';
import { Evaluator } from './evaluate/evaluator';
import { Output } from './evaluate/output';
import { checkFunction } from './functions/functions';
import { DEFAULT_LIMITS, type RenderLimits } from './render-limits';
import { parseTemplates } from './syntax/parser';
import { TemplateError } from './template-error';
import { exceeded, refused, TemplateProblem } from './template-problem';
import { fromData, type TemplateValue } from './values/from-data';
import { toBytes, toText } from './values/go-string';

/** Where a template stands, for messages. */
export interface TemplateSource {
  readonly connectorClass: string;
  readonly configuration: string;
  readonly file: string;
  /** The template itself. */
  readonly text: string;
}

/**
 * Renders a Go template with the sprig functions that are offered here, to the byte as Go's text/template and sprig
 * v3.3.0 do; what cannot be reproduced is refused by name. Reads nothing but the data, and leaves them unchanged.
 *
 * @throws TemplateError
 */
export function renderTemplate(
  source: TemplateSource,
  data: { readonly [key: string]: TemplateValue },
  limits: Partial<RenderLimits> = {},
): string {
  try {
    return render(source, data, { ...DEFAULT_LIMITS, ...limits });
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    const { connectorClass, configuration, file } = source;
    const place = { connectorClass, configuration, file, line: error.line ?? 1 };
    throw new TemplateError(error.code, error.message, place, { refused: error.refused, cause: error });
  }
}

function render(source: TemplateSource, data: { readonly [key: string]: TemplateValue }, limits: RenderLimits): string {
  const text = toBytes(source.text);
  if (text.length > limits.templateBytes) throw exceeded(`a template of more than ${limits.templateBytes} bytes`);
  const name = toBytes(source.file);
  const output = new Output(limits.outputBytes);
  const templates = parseTemplates(name, text, checkFunction);
  new Evaluator({ templates, output, budget: new Budget(limits) }, fromData(data)).run(name);
  const rendered = toText(output.toString());
  if (rendered === undefined) throw refused('output that is not UTF-8', 'a text was cut inside a character, or decoded from what is no text');
  return rendered;
}
