import { Script, createContext } from 'node:vm';
import { Environment } from '@marcbachmann/cel-js';

/** An HTTP response, in the form that the expression of a probe uses. */
export interface HttpAnswer {
  readonly statusCode: number;
  /** The headers, by the name in lower case and by the name in canonical form (`Content-Type`); several values are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, as far as it was read. */
  readonly bodyString: string;
}

/** An expression does not compile, does not end in time, or fails; the message says which. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  readonly code = 'ExpressionInvalid';
  readonly retryable = false;
}

/** The longest expression. A longer one is a mistake, and parsing takes time. */
const MAX_EXPRESSION_LENGTH = 4096;

/**
 * The time limit of one evaluation in milliseconds; it usually takes well below one. `matches()` is JavaScript's RegExp, which needs
 * exponential time for some patterns, and the text comes from the server. The limit is generous because it is wall-clock time.
 */
const TIME_LIMIT_MS = 500;

const environment = new Environment({ unlistedVariablesAreDyn: false }).registerVariable('response', 'map');

/**
 * Evaluates `response.cel` of a probe: true means success. Variables: `response.statusCode`, `response.headers`,
 * `response.body` (the parsed JSON body, null when it is not JSON) and `response.bodyString`.
 *
 * @throws ExpressionError when the expression cannot be evaluated, or does not result in true or false
 */
export function evaluateResponse(expression: string, response: HttpAnswer): boolean {
  const variables = {
    response: { ...response, statusCode: BigInt(response.statusCode), body: parseJson(response.bodyString) },
  };
  const program = compile(expression);
  const result = withinTimeLimit(() => program(variables));
  if (typeof result !== 'boolean') {
    throw new ExpressionError('response.cel must result in true or false');
  }
  return result;
}

/** Returns why `response.cel` of a probe does not compile; undefined when it does. */
export function checkExpression(expression: string): string | undefined {
  try {
    compile(expression);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionError) {
      return error.message;
    }
    throw error;
  }
}

function compile(expression: string): (variables: Record<string, unknown>) => unknown {
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    throw new ExpressionError(`response.cel has more than ${MAX_EXPRESSION_LENGTH} characters; shorten it`);
  }
  try {
    const program = environment.parse(expression);
    const { valid, error } = program.check();
    if (!valid && error) {
      throw error;
    }
    return program;
  } catch (cause) {
    throw notEvaluated(cause);
  }
}

/** The time limit of node:vm ends everything that runs inside the call, regular expressions included. */
function withinTimeLimit(evaluate: () => unknown): unknown {
  try {
    return new Script('evaluate()').runInContext(createContext({ evaluate }), { timeout: TIME_LIMIT_MS });
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw notEvaluated(cause);
    }
    throw new ExpressionError(`response.cel took longer than ${TIME_LIMIT_MS} ms; simplify it`, { cause });
  }
}

/** The `summary` of an error of the CEL package is its message without the code excerpt of several lines. */
function notEvaluated(cause: unknown): ExpressionError {
  const { summary, message } = cause as { summary?: string; message: string };
  return new ExpressionError(`response.cel cannot be evaluated: ${summary ?? message}`, { cause });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The variable is null for a body that is not JSON; the expression decides whether that matters.
    return null;
  }
}
