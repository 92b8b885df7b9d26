import { type Budget } from '../budget';
import { formatPlain } from '../format/format-value';
import { refused } from '../template-problem';
import { parseDigits, parseFloat64, parseInt64 } from '../values/parse-number';
import { GoFloat, GoInt, goInt, type GoAny, type GoValue } from '../values/go-value';
import { define, type FunctionTable } from './template-function';

/** sprig: conversions (spf13/cast). A value that is not a number becomes 0. */
export const CASTS: FunctionTable = {
  int: define(['any'], ([value]) => goInt(toInt64(value))),
  int64: define(['any'], ([value]) => goInt(toInt64(value), 'int64')),
  float64: define(['any'], ([value]) => new GoFloat(toFloat64(value))),
  atoi: define(['string'], ([text]) => goInt(parseDigits(text, 10) ?? 0n)),
  toDecimal: define(['any'], ([value], budget) => goInt(octal(formatPlain(value, budget)), 'int64')),
  toString: define(['any'], ([value], budget) => textOf(value, budget)),
};

/** Most octal digits that are converted: 20 digits are below 2^63. */
const MAX_OCTAL = 20;

/** Reproduces sprig's strval. */
export function textOf(value: GoValue, budget: Budget): string {
  return formatPlain(value ?? null, budget);
}

/** Reproduces Go's cast.ToInt64. */
export function toInt64(value: GoAny): bigint {
  if (value instanceof GoInt) {
    return value.value;
  }
  if (value instanceof GoFloat) {
    return truncated(value.value);
  }
  if (typeof value === 'string') {
    return parseInt64(trimZeroDecimal(value)) ?? 0n;
  }
  return value === true ? 1n : 0n;
}

function truncated(value: number): bigint {
  if (!(Math.abs(value) < 2 ** 63)) {
    throw refused('a float beyond 2^63 as an integer', 'the result differs between machines');
  }
  return BigInt(Math.trunc(value));
}

/** Removes a dot followed by zeros from the end: `1.00` becomes `1`. */
function trimZeroDecimal(text: string): string {
  return text.replace(/\.0+$/, '');
}

/** Reproduces Go's cast.ToFloat64. */
export function toFloat64(value: GoAny): number {
  if (value instanceof GoInt) {
    return Number(value.value);
  }
  if (value instanceof GoFloat) {
    return value.value;
  }
  if (typeof value === 'string') {
    return parseFloat64(value) ?? 0;
  }
  return value === true ? 1 : 0;
}

function octal(text: string): bigint {
  if (text.length > MAX_OCTAL) {
    throw refused('an octal number of more than 20 digits', 'it is not a file mode');
  }
  return parseDigits(text, 8) ?? 0n;
}
