import { cause, type StatusCause } from './api-error';
import { type Schema } from './schema';

/** Validates a string, number or boolean that has the right type. */
export function validateScalar(value: unknown, schema: Schema, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (typeof value === 'string') {
    causes.push(...validateText(value, schema, path));
  }
  if (typeof value === 'number') {
    causes.push(...validateNumber(value, schema, path));
  }
  if (schema.enum && !schema.enum.includes(value)) {
    causes.push(cause.unsupported(path, value, schema.enum));
  }
  return causes;
}

function validateText(value: string, schema: Schema, path: string): StatusCause[] {
  const { minLength = 0, maxLength = Infinity, pattern, format } = schema;
  const length = [...value].length;
  if (length > maxLength) {
    return [cause.tooLong(path, maxLength)];
  }
  const wrong = (detail: string): StatusCause[] => [cause.invalid(path, value, `${path} in body ${detail}`)];
  if (length < minLength) {
    return wrong(`should be at least ${minLength} chars long`);
  }
  if (pattern !== undefined && !patternOf(pattern).test(value)) {
    return wrong(`should match '${pattern}'`);
  }
  const isTime = format !== 'date-time' || !Number.isNaN(Date.parse(value));
  return isTime ? [] : wrong(`must be of type date-time: ${JSON.stringify(value)}`);
}

function validateNumber(value: number, schema: Schema, path: string): StatusCause[] {
  const problem = numberProblem(value, schema);
  return problem === undefined ? [] : [cause.invalid(path, value, `${path} in body should be ${problem}`)];
}

/** Returns the condition that the number violates. */
function numberProblem(value: number, schema: Schema): string | undefined {
  return boundProblem(value, schema) ?? multipleProblem(value, schema.multipleOf);
}

function boundProblem(value: number, { minimum = -Infinity, maximum = Infinity, ...exclusive }: Schema): string | undefined {
  if (value <= minimum && exclusive.exclusiveMinimum) {
    return `greater than ${minimum}`;
  }
  if (value >= maximum && exclusive.exclusiveMaximum) {
    return `less than ${maximum}`;
  }
  if (value < minimum) {
    return `greater than or equal to ${minimum}`;
  }
  return value > maximum ? `less than or equal to ${maximum}` : undefined;
}

function multipleProblem(value: number, multipleOf: number | undefined): string | undefined {
  return multipleOf !== undefined && value % multipleOf !== 0 ? `a multiple of ${multipleOf}` : undefined;
}

const patterns = new Map<string, RegExp>();

/**
 * Compiles a pattern. Go's RE2 and JavaScript agree on the patterns that schemas use.
 *
 * @throws SyntaxError when JavaScript does not accept it
 */
export function patternOf(text: string): RegExp {
  const known = patterns.get(text);
  if (known) {
    return known;
  }
  const pattern = new RegExp(text, 'u');
  patterns.set(text, pattern);
  return pattern;
}
