import { refused } from '../template-problem';
import { encodeRune, RUNE_ERROR } from '../values/go-string';
import { type GoFloat, type GoInt } from '../values/go-value';
import { isPrint } from '../values/unicode';
import { pad, type Flags } from './flags';
import { formatFloat } from './format-float';
import { quote } from './quote';

type Write<Value> = (value: Value, flags: Flags) => string;

/** Verbs of integers. Go reports any other verb as wrong in the output. */
export const INTEGER_VERBS: Readonly<Record<string, Write<GoInt>>> = {
  v: (value, flags) => integer(value.value, 10, flags),
  d: (value, flags) => integer(value.value, 10, flags),
  b: (value, flags) => integer(value.value, 2, flags),
  o: (value, flags) => integer(value.value, 8, flags),
  O: (value, flags) => integer(value.value, 8, flags, '0o'),
  x: (value, flags) => integer(value.value, 16, flags),
  X: (value, flags) => integer(value.value, 16, flags).toUpperCase(),
  c: ({ value }, flags) => pad(encodeRune(runeOf(value)), flags),
  q: ({ value }, flags) => pad(quote(encodeRune(runeOf(value)), "'", flags.plus), flags),
  U: ({ value }, flags) => unicode(value, flags),
};

function runeOf(value: bigint): number {
  return value < 0n || value > 0x10ffffn ? RUNE_ERROR : Number(value);
}

const PREFIXES: Readonly<Record<number, (digits: string) => string>> = {
  2: () => '0b',
  8: (digits) => (digits.startsWith('0') ? '' : '0'),
  10: () => '',
  16: () => '0x',
};

/** Reproduces Go's fmt.fmtInteger. */
function integer(value: bigint, base: number, flags: Flags, prefix = ''): string {
  if (flags.precision === 0 && value === 0n) {
    return pad('', { ...flags, zero: false });
  }
  const negative = value < 0n;
  const sign = negative ? '-' : signOf(flags);
  const digits = (negative ? -value : value).toString(base).padStart(flags.precision ?? zeroWidth(flags, sign), '0');
  const sharp = flags.sharp ? (PREFIXES[base]?.(digits) ?? '') : '';
  return pad(`${sign}${prefix}${sharp}${digits}`, { ...flags, zero: false });
}

function signOf({ plus, space }: Flags): string {
  if (plus) {
    return '+';
  }
  return space ? ' ' : '';
}

/** Returns how many digits fill the width when it is padded with zeros. */
function zeroWidth({ zero, minus, width = 0 }: Flags, sign: string): number {
  return zero && !minus ? width - sign.length : 0;
}

function unicode(value: bigint, flags: Flags): string {
  const number = BigInt.asUintN(64, value);
  const digits = number
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(flags.precision ?? 0, 4), '0');
  const character = flags.sharp && number <= 0x10ffffn && isPrint(Number(number)) ? ` '${encodeRune(Number(number))}'` : '';
  return pad(`U+${digits}${character}`, { ...flags, zero: false });
}

const float =
  (verb: 'e' | 'f' | 'g', precision: number): Write<GoFloat> =>
  ({ value }, flags) =>
    writeFloat(formatFinite(value, verb, flags.precision ?? precision), flags);

/** Verbs of floats. */
export const FLOAT_VERBS: Readonly<Record<string, Write<GoFloat>>> = {
  v: float('g', -1),
  g: float('g', -1),
  G: (value, flags) => float('g', -1)(value, flags).toUpperCase(),
  e: float('e', 6),
  E: (value, flags) => float('e', 6)(value, flags).toUpperCase(),
  f: float('f', 6),
  F: float('f', 6),
  b: notOffered('b'),
  x: notOffered('x'),
  X: notOffered('X'),
};

function notOffered(verb: string): Write<GoFloat> {
  return () => {
    throw refused(`%${verb} of a float`, 'use e, f, g or v');
  };
}

/** Formats a finite number. Only division and rounding produce infinities and NaN, and Go pads them by special rules. */
function formatFinite(value: number, verb: 'e' | 'f' | 'g', precision: number): string {
  if (!Number.isFinite(value)) {
    throw refused('printing an infinite number', 'no configuration file needs one');
  }
  return formatFloat(value, verb, precision);
}

function writeFloat(text: string, flags: Flags): string {
  if (flags.sharp) {
    throw refused('# before a verb of floats', "Go's rules for its zeros are not reproduced");
  }
  const sign = text.startsWith('-') ? '-' : signOf(flags);
  const digits = text.replace(/^-/, '');
  if (sign === '' || !flags.zero || flags.minus) {
    return pad(sign + digits, flags);
  }
  return sign + digits.padStart((flags.width ?? 0) - sign.length, '0');
}
