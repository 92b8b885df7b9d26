import { Script, createContext } from 'node:vm';
import { Environment } from '@marcbachmann/cel-js';

/** An HTTP answer, as the expression of a probe sees it. */
export interface HttpAnswer {
  readonly statusCode: number;
  /** By the name in lower case and by the name in canonical form (`Content-Type`); several values are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** As far as it was read. */
  readonly bodyString: string;
}

/** An expression that does not compile, does not end in time or fails; the message says which. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  readonly code = 'ExpressionInvalid';
  readonly retryable = false;
}

/** A check of an answer fits into this many characters; more is a mistake, and parsing costs time. */
const MAX_EXPRESSION_LENGTH = 4096;

/**
 * Milliseconds of CPU for one evaluation. `matches()` is JavaScript's RegExp, which needs exponential time for some
 * patterns, and the text it runs over comes from the server.
 */
const CPU_LIMIT_MS = 100;

const environment = new Environment({ unlistedVariablesAreDyn: false }).registerVariable('response', 'map');

/**
 * Evaluates `response.cel` of a probe: true means success. Variables: `response.statusCode`, `response.headers`,
 * `response.body` (the body as JSON, null when it is none) and `response.bodyString`.
 *
 * @throws ExpressionError
 */
export function evaluateResponse(expression: string, response: HttpAnswer): boolean {
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    throw new ExpressionError(`response.cel has more than ${MAX_EXPRESSION_LENGTH} characters; shorten it`);
  }
  const variables = {
    response: { ...response, statusCode: BigInt(response.statusCode), body: parseJson(response.bodyString) },
  };
  const result = withinCpuLimit(() => compile(expression)(variables));
  if (typeof result !== 'boolean') throw new ExpressionError('response.cel must give true or false');
  return result;
}

function compile(expression: string): (variables: Record<string, unknown>) => unknown {
  const program = environment.parse(expression);
  const { valid, error } = program.check();
  if (!valid && error) throw error;
  return program;
}

/** The time limit of node:vm ends everything that runs inside the call, regular expressions included. */
function withinCpuLimit(evaluate: () => unknown): unknown {
  try {
    return new Script('evaluate()').runInContext(createContext({ evaluate }), { timeout: CPU_LIMIT_MS });
  } catch (cause) {
    const { code, summary, message } = cause as { code?: string; summary?: string; message: string };
    if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw new ExpressionError(`response.cel took longer than ${CPU_LIMIT_MS} ms; simplify it`, { cause });
    }
    throw new ExpressionError(`response.cel cannot be evaluated: ${summary ?? message}`, { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The variable is null for a body that is not JSON; the expression decides whether that matters.
    return null;
  }
}
