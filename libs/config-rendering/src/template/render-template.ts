import { Budget } from './budget';
import { Evaluator } from './evaluate/evaluator';
import { Output } from './evaluate/output';
import { checkFunction } from './functions/functions';
import { DEFAULT_LIMITS, type RenderLimits } from './render-limits';
import { parseTemplates, type Templates } from './syntax/parser';
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

/** Returns why a text is not a template that can be rendered here, with the line from 1; undefined when it is one. */
export function checkTemplate(file: string, text: string): { readonly line: number; readonly message: string } | undefined {
  try {
    parse({ file, text }, DEFAULT_LIMITS, new Budget(DEFAULT_LIMITS));
    return undefined;
  } catch (error) {
    const { line = 1, message } = problemOf(error);
    return { line, message };
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
  const templates = parse(source, limits, budget);
  const output = new Output(limits.outputBytes);
  new Evaluator({ templates, output, budget }, fromData(data, budget)).run(toBytes(source.file));
  const rendered = toText(output.toString());
  if (rendered === undefined) {
    throw refused('output that is not UTF-8', 'a function cut a text inside a character, or decoded bytes that are not text');
  }
  return rendered;
}

function parse({ file, text }: Pick<TemplateSource, 'file' | 'text'>, limits: RenderLimits, budget: Budget): Templates {
  const bytes = toBytes(text);
  if (bytes.length > limits.templateBytes) {
    throw exceeded(`a template of more than ${limits.templateBytes} bytes`);
  }
  budget.characters(bytes.length);
  return parseTemplates(toBytes(file), bytes, checkFunction);
}
