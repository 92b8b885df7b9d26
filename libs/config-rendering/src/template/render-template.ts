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
 * @param budget what several renderings share; one of its own when absent
 * @throws TemplateError
 */
export function renderTemplate(
  source: TemplateSource,
  data: { readonly [key: string]: TemplateValue },
  limits: Partial<RenderLimits> = {},
  budget = new Budget({ ...DEFAULT_LIMITS, ...limits }),
): string {
  try {
    return render(source, data, { ...DEFAULT_LIMITS, ...limits }, budget);
  } catch (error) {
    const problem = problemOf(error);
    const { connectorClass, configuration, file } = source;
    const place = { connectorClass, configuration, file, line: problem.line ?? 1 };
    throw new TemplateError(problem.code, problem.message, place, { refused: problem.refused, cause: problem });
  }
}

/** What V8 says. */
const STACK_OVERFLOW = 'Maximum call stack size exceeded';

/** Limits of nesting multiply: templates that call each other from deep inside of blocks need more stack than there is. */
function problemOf(error: unknown): TemplateProblem {
  if (error instanceof TemplateProblem) {
    return error;
  }
  if (error instanceof RangeError && error.message === STACK_OVERFLOW) {
    return exceeded('blocks and templates that are nested too deep together');
  }
  throw error;
}

function render(source: TemplateSource, data: { readonly [key: string]: TemplateValue }, limits: RenderLimits, budget: Budget): string {
  const text = toBytes(source.text);
  if (text.length > limits.templateBytes) {
    throw exceeded(`a template of more than ${limits.templateBytes} bytes`);
  }
  budget.characters(text.length);
  const name = toBytes(source.file);
  const output = new Output(limits.outputBytes);
  const templates = parseTemplates(name, text, checkFunction);
  new Evaluator({ templates, output, budget }, fromData(data, budget)).run(name);
  const rendered = toText(output.toString());
  if (rendered === undefined) {
    throw refused('output that is not UTF-8', 'a text was cut inside a character, or decoded from what is no text');
  }
  return rendered;
}
