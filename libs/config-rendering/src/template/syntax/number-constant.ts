import { refused } from '../template-problem';
import { decodeRune } from '../values/go-string';
import { parseFloat64, parseInt64, parseUint64 } from '../values/parse-number';
import { type NumberOperand } from './syntax-tree';
import { unquote } from './unquote';

const isHexInteger = (text: string): boolean => /^0[xX][^pP]/.test(text) && !/[pP]/.test(text);

/** Reads a constant as Go does (parse.newNumber); undefined when it is malformed. */
export function numberConstant(text: string): NumberOperand | undefined {
  if (text.endsWith('i')) {
    throw refused(`the complex number ${text}`, 'no function accepts one');
  }
  const int = parseInt64(text);
  const uint = parseUint64(text);
  if (int !== undefined || uint !== undefined) {
    return { kind: 'number', text, int, float: Number(int ?? uint), isFloat: isFloatText(text) };
  }
  const float = parseFloat64(text);
  // A constant in the form of an integer that was not parsed above is too large.
  if (float === undefined || !/[.eEpP]/.test(text)) {
    return undefined;
  }
  return { kind: 'number', text, int: integral(float), float, isFloat: isFloatText(text) };
}

function isFloatText(text: string): boolean {
  return /[.eEpP]/.test(text) && !isHexInteger(text);
}

function integral(float: number): bigint | undefined {
  return Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? BigInt(float) : undefined;
}

/** Reads a character in single quotes, whose value is its code point; undefined when it is malformed. */
export function characterConstant(token: string): NumberOperand | undefined {
  const text = unquote(token);
  if (text === undefined || text === '') {
    return undefined;
  }
  const escapedByte = /^'\\(?:x|[0-7])/.test(token);
  const { code, size } = escapedByte ? { code: text.charCodeAt(0), size: 1 } : decodeRune(text, 0);
  return size === text.length ? { kind: 'number', text: token, int: BigInt(code), float: code, isFloat: false } : undefined;
}
