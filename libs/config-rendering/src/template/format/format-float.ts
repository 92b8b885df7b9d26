/** Significant digits without trailing zeros, and the position of the decimal point: 0.DIGITS × 10^point. Zero has no digits. */
interface Decimal {
  readonly digits: string;
  readonly point: number;
}

/**
 * Reproduces Go's strconv.FormatFloat for finite numbers: verb e, f or g, with precision -1 for the shortest form that reads
 * back as the same number. toFixed and toPrecision cannot be used: they round halves up, Go rounds them to even.
 */
export function formatFloat(value: number, verb: 'e' | 'f' | 'g', precision: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  return sign + VERBS[verb](Math.abs(value), precision);
}

const VERBS: Readonly<Record<'e' | 'f' | 'g', (value: number, precision: number) => string>> = {
  e: (value, precision) => {
    const decimal = precision < 0 ? shortest(value) : round(exact(value), precision + 1);
    return exponential(decimal, precision < 0 ? Math.max(decimal.digits.length - 1, 0) : precision);
  },
  f: (value, precision) => {
    const decimal = precision < 0 ? shortest(value) : exact(value);
    if (precision < 0) {
      return plain(decimal, Math.max(decimal.digits.length - decimal.point, 0));
    }
    return plain(round(decimal, decimal.point + precision), precision);
  },
  g: general,
};

/** The precision that `%g` assumes in its shortest form to choose between the two notations: 1e+06, but 100000. */
const SHORTEST_PRECISION = 6;

/** Formats for `%g`: in exponential notation when the exponent is below -4 or not below the precision. */
function general(value: number, precision: number): string {
  const wanted = precision === 0 ? 1 : precision;
  const decimal = wanted < 0 ? shortest(value) : round(exact(value), wanted);
  const { digits, point } = decimal;
  const needed = digits.length < wanted && digits.length >= point ? digits.length : wanted;
  const limit = wanted < 0 ? SHORTEST_PRECISION : needed;
  if (digits !== '' && (point - 1 < -4 || point - 1 >= limit)) {
    return exponential(decimal, digits.length - 1);
  }
  return plain(decimal, Math.max(digits.length - point, 0));
}

function exponential({ digits, point }: Decimal, precision: number): string {
  const exponent = digits === '' ? 0 : point - 1;
  const fraction = precision > 0 ? `.${digits.slice(1, precision + 1).padEnd(precision, '0')}` : '';
  return `${digits.charAt(0) || '0'}${fraction}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function plain({ digits, point }: Decimal, precision: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (precision <= 0) {
    return whole;
  }
  const fraction = point > 0 ? digits.slice(point) : '0'.repeat(Math.min(-point, precision)) + digits;
  return `${whole}.${fraction.slice(0, precision).padEnd(precision, '0')}`;
}

/** Returns the digits that JavaScript prints: both languages choose the shortest ones that read back as the same number. */
function shortest(value: number): Decimal {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  return value === 0 ? { digits: '', point: 0 } : { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

/** Returns all decimal digits of the binary number (IEEE 754 binary64), up to about 770. */
function exact(value: number): Decimal {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & (2n ** 52n - 1n);
  const mantissa = biased === 0 ? fraction : fraction + 2n ** 52n;
  const exponent = Math.max(biased, 1) - 1075;
  const scaled = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const digits = scaled === 0n ? '' : scaled.toString();
  return { digits: digits.replace(/0+$/, ''), point: digits === '' ? 0 : digits.length + Math.min(exponent, 0) };
}

/** Rounds to `count` digits, halves to even. */
function round({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) {
    return { digits, point };
  }
  if (count < 0) {
    return { digits: '', point: 0 };
  }
  const kept = digits.slice(0, count);
  if (!roundsUp(digits, count)) {
    return trimmed(kept, point);
  }
  const up = (BigInt(kept || '0') + 1n).toString().padStart(count, '0');
  return trimmed(up, point + up.length - count);
}

function roundsUp(digits: string, count: number): boolean {
  const next = digits.charAt(count);
  const half = next === '5' && count + 1 === digits.length;
  return half ? count > 0 && Number(digits.charAt(count - 1)) % 2 === 1 : next >= '5';
}

function trimmed(digits: string, point: number): Decimal {
  const kept = digits.replace(/0+$/, '');
  return { digits: kept, point: kept === '' ? 0 : point };
}
