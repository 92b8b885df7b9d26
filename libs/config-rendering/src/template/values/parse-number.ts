import { refused } from '../template-problem';

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

/** Go's integer literals (strconv.ParseInt with base 0). An underscore is allowed between two digits and after the base prefix. */
const LITERAL = /^([+-]?)(?:0[xX]((?:_?[0-9a-fA-F])+)|0[oO]((?:_?[0-7])+)|0[bB]((?:_?[01])+)|0((?:_?[0-7])+)|(0|[1-9](?:_?[0-9])*))$/;
/** Most digits of a 64-bit integer without leading zeros. Base 2 needs the most digits. */
const MAX_DIGITS = 64;

const PREFIXES = ['', '', '0x', '0o', '0b', '0o', ''];

/** Parses an integer in Go's literal syntax; undefined for other text and for more than 64 digits. */
function parseLiteral(text: string): bigint | undefined {
  const match = LITERAL.exec(text);
  if (match === null) {
    return undefined;
  }
  const group = match.findIndex((part, index) => index >= 2 && part !== undefined);
  const digits = withoutZeros((match[group] ?? '').replaceAll('_', ''));
  if (digits.length > MAX_DIGITS) {
    return undefined;
  }
  const value = BigInt(`${PREFIXES[group] ?? ''}${digits}`);
  return match[1] === '-' ? -value : value;
}

/** Reproduces Go's strconv.ParseInt(text, 0, 64); undefined where Go returns an error. */
export function parseInt64(text: string): bigint | undefined {
  const value = parseLiteral(text);
  return value !== undefined && value >= MIN_INT64 && value <= MAX_INT64 ? value : undefined;
}

/** Reproduces Go's strconv.ParseUint(text, 0, 64), which allows no sign. */
export function parseUint64(text: string): bigint | undefined {
  const value = /^[+-]/.test(text) ? undefined : parseLiteral(text);
  return value !== undefined && value <= MAX_UINT64 ? value : undefined;
}

/** Reproduces Go's strconv.ParseInt(text, base, 64) without prefixes: undefined for other text; a number out of range becomes the limit. */
export function parseDigits(text: string, base: 8 | 10): bigint | undefined {
  const digits = /^[+-]?([0-9]+)$/.exec(text)?.[1];
  if (digits === undefined || (base === 8 && /[89]/.test(digits))) {
    return undefined;
  }
  // A number with this many digits is out of range, so the remaining digits do not matter.
  const significant = withoutZeros(digits).slice(0, MAX_DIGITS);
  const size = BigInt(base === 8 ? `0o${significant}` : significant);
  return clamped(text.startsWith('-') ? -size : size);
}

function clamped(value: bigint): bigint {
  if (value > MAX_INT64) {
    return MAX_INT64;
  }
  return value < MIN_INT64 ? MIN_INT64 : value;
}

/** Removes leading zeros; at least one digit stays. Keeps texts short, because converting a long text to a BigInt is slow. */
function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=.)/, '');
}

const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
/** Texts other than decimal numbers that Go may parse as a float: hexadecimal numbers and words. */
const OTHER_FORMS = /^[+-]?(?:0x[0-9a-f_.p+-]*|inf(?:inity)?|nan)$/i;
const WITH_UNDERSCORES = /^[0-9._eE+-]*$/;

/**
 * Reproduces Go's strconv.ParseFloat(text, 64) for decimal numbers; undefined where Go returns an error. Refuses Go's other
 * forms of floats. The text may be data, so messages do not show it.
 */
export function parseFloat64(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  if (OTHER_FORMS.test(text) || (text.includes('_') && WITH_UNDERSCORES.test(text))) {
    throw refused('a float that is not decimal', 'it is hexadecimal, has underscores, or is a word');
  }
  return undefined;
}
