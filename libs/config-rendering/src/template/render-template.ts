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

/** A template with its place, which messages name. */
export interface TemplateSource {
  readonly connectorClass: string;
  readonly configuration: string;
  readonly file: string;
  /** The template itself. */
  readonly text: string;
}

/**
 * Renders a Go template with the supported sprig functions. The output is the same, byte for byte, as that of Go's
 * text/template with sprig v3.3.0. A feature that cannot be reproduced is refused by name. The template reads only the
 * data, and does not change them.
 *
 * @param budget shared by several renderings; by default each rendering has its own
 * @throws TemplateError when the template cannot be rendered
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

/** Message of V8's RangeError. */
const STACK_OVERFLOW = 'Maximum call stack size exceeded';

/** Converts an error. The nesting limits multiply: templates that call each other from deeply nested blocks can overflow the stack. */
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
    throw refused('output that is not UTF-8', 'a function cut a text inside a character, or decoded bytes that are not text');
  }
  return rendered;
}
