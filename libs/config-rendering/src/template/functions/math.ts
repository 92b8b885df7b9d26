import { failed, refused } from '../template-problem';
import { GoFloat, type GoInt, goInt, type GoAny } from '../values/go-value';
import { toFloat64, toInt64 } from './casts';
import { define, defineVariadic, type FunctionTable, type TemplateFunction } from './template-function';

/** sprig: arithmetic. Integers are int64 and wrap around. */
export const MATH: FunctionTable = {
  add: defineVariadic([], 'any', (_fixed, values) => int64(values.reduce((sum, value) => sum + toInt64(value), 0n))),
  add1: define(['any'], ([value]) => int64(toInt64(value) + 1n)),
  sub: define(['any', 'any'], ([a, b]) => int64(toInt64(a) - toInt64(b))),
  mul: defineVariadic(['any'], 'any', ([first], others) =>
    int64(others.reduce((product, value) => wrap(product * toInt64(value)), toInt64(first))),
  ),
  div: define(['any', 'any'], ([a, b]) => int64(toInt64(a) / divisor(b))),
  mod: define(['any', 'any'], ([a, b]) => int64(toInt64(a) % divisor(b))),
  max: extreme((a, b) => b > a),
  biggest: extreme((a, b) => b > a),
  min: extreme((a, b) => b < a),
  maxf: extremeFloat(Math.max),
  minf: extremeFloat(Math.min),
  floor: define(['any'], ([value]) => new GoFloat(Math.floor(toFloat64(value)))),
  ceil: define(['any'], ([value]) => new GoFloat(Math.ceil(toFloat64(value)))),
  round: defineVariadic(
    ['any', 'int'],
    'float64',
    ([value, places], [roundOn = 0.5]) => new GoFloat(round(toFloat64(value), places, roundOn)),
  ),
};

const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);
const int64 = (value: bigint): GoInt => goInt(value, 'int64');

function divisor(value: GoAny): bigint {
  const number = toInt64(value);
  if (number === 0n) {
    throw failed('integer divide by zero');
  }
  return number;
}

function extreme(replaces: (kept: bigint, next: bigint) => boolean): TemplateFunction {
  return defineVariadic(['any'], 'any', ([first], others) =>
    int64(others.map(toInt64).reduce((kept, next) => (replaces(kept, next) ? next : kept), toInt64(first))),
  );
}

function extremeFloat(choose: (a: number, b: number) => number): TemplateFunction {
  return defineVariadic(
    ['any'],
    'any',
    ([first], others) => new GoFloat(others.map(toFloat64).reduce((a, b) => choose(a, b), toFloat64(first))),
  );
}

/** Powers of ten up to this exponent are exact, so that both languages compute the same result. */
const MAX_PLACES = 15;

/** Rounds up when the rest below the last place is at least `roundOn`. Negative numbers are always rounded down. */
function round(value: number, places: number, roundOn: number): number {
  if (places < 0 || places > MAX_PLACES) {
    throw refused(`round to ${places} places`, `only 0 to ${MAX_PLACES} places are exact`);
  }
  const power = 10 ** places;
  const digit = power * value;
  const part = digit - Math.trunc(digit);
  return (part >= roundOn ? Math.ceil(digit) : Math.floor(digit)) / power;
}
