import { cause, type StatusCause } from './api-error';
import { type Schema } from './schema';

/** Checks a string, number or boolean of the right type. */
export function validateScalar(value: unknown, schema: Schema, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (typeof value === 'string') causes.push(...validateText(value, schema, path));
  if (typeof value === 'number') causes.push(...validateNumber(value, schema, path));
  if (schema.enum && !schema.enum.includes(value)) causes.push(cause.unsupported(path, value, schema.enum));
  return causes;
}

function validateText(value: string, schema: Schema, path: string): StatusCause[] {
  const { minLength = 0, maxLength = Infinity, pattern, format } = schema;
  const length = [...value].length;
  if (length > maxLength) return [cause.tooLong(path, maxLength)];
  const causes: StatusCause[] = [];
  if (length < minLength) causes.push(cause.invalid(path, value, `${path} in body should be at least ${minLength} chars long`));
  if (pattern !== undefined && !patternOf(pattern).test(value)) {
    causes.push(cause.invalid(path, value, `${path} in body should match '${pattern}'`));
  }
  if (format === 'date-time' && Number.isNaN(Date.parse(value))) {
    causes.push(cause.invalid(path, value, `${path} in body must be of type date-time: ${JSON.stringify(value)}`));
  }
  return causes;
}

function validateNumber(value: number, schema: Schema, path: string): StatusCause[] {
  const problem = numberProblem(value, schema);
  return problem === undefined ? [] : [cause.invalid(path, value, `${path} in body should be ${problem}`)];
}

/** What the number should be. */
function numberProblem(value: number, schema: Schema): string | undefined {
  const { minimum = -Infinity, maximum = Infinity, multipleOf = 0 } = schema;
  if (value <= minimum && schema.exclusiveMinimum) return `greater than ${minimum}`;
  if (value >= maximum && schema.exclusiveMaximum) return `less than ${maximum}`;
  if (value < minimum) return `greater than or equal to ${minimum}`;
  if (value > maximum) return `less than or equal to ${maximum}`;
  return multipleOf !== 0 && value % multipleOf !== 0 ? `a multiple of ${multipleOf}` : undefined;
}

const patterns = new Map<string, RegExp>();

/** Go's RE2 and JavaScript agree on the patterns that schemas use. @throws SyntaxError for what JavaScript cannot read */
export function patternOf(text: string): RegExp {
  const known = patterns.get(text);
  if (known) return known;
  const pattern = new RegExp(text, 'u');
  patterns.set(text, pattern);
  return pattern;
}
