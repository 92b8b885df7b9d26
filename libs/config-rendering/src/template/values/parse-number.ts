import { refused } from '../template-problem';

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

/** Digits of Go's integer literals (strconv.ParseInt with base 0); an underscore may stand between two digits and after the base. */
const LITERAL = /^([+-]?)(?:0[xX]((?:_?[0-9a-fA-F])+)|0[oO]((?:_?[0-7])+)|0[bB]((?:_?[01])+)|0((?:_?[0-7])+)|(0|[1-9](?:_?[0-9])*))$/;
/** Digits that an integer of 64 bits has at most, zeros before them aside: in base 2, in which it has most. */
const MAX_DIGITS = 64;

const PREFIXES = ['', '', '0x', '0o', '0b', '0o', ''];

/** An integer in Go's literal syntax; undefined when it is none, or has more than 64 digits. */
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

/** strconv.ParseInt(text, 0, 64); undefined where that is an error. */
export function parseInt64(text: string): bigint | undefined {
  const value = parseLiteral(text);
  return value !== undefined && value >= MIN_INT64 && value <= MAX_INT64 ? value : undefined;
}

/** strconv.ParseUint(text, 0, 64): no sign. */
export function parseUint64(text: string): bigint | undefined {
  const value = /^[+-]/.test(text) ? undefined : parseLiteral(text);
  return value !== undefined && value <= MAX_UINT64 ? value : undefined;
}

/** strconv.ParseInt(text, base, 64) without prefixes: what is no number gives undefined, what is too large the limit. */
export function parseDigits(text: string, base: 8 | 10): bigint | undefined {
  const digits = /^[+-]?([0-9]+)$/.exec(text)?.[1];
  if (digits === undefined || (base === 8 && /[89]/.test(digits))) {
    return undefined;
  }
  // However many digits are left out: with this many it is beyond the limit.
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

/** At least one digit stays. Long texts are not made numbers of, which takes long. */
function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=.)/, '');
}

const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
/** What Go may read as a float beside decimal numbers: hexadecimal ones, words, and underscores between digits. */
const OTHER_FORMS = /^[+-]?(?:0x[0-9a-f_.p+-]*|inf(?:inity)?|nan)$/i;
const WITH_UNDERSCORES = /^[0-9._eE+-]*$/;

/** strconv.ParseFloat(text, 64); undefined where that is an error. The other forms are refused; the text may be data, so no message shows it. */
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
