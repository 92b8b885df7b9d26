import { encodeRune, runesOf, type Rune } from '../values/go-string';
import { isPrint } from '../values/unicode';

const NAMED: Readonly<Record<number, string>> = { 7: '\\a', 8: '\\b', 12: '\\f', 10: '\\n', 13: '\\r', 9: '\\t', 11: '\\v' };

/** Text without characters to escape: the most frequent case. */
const PLAIN = /^[ !#-&(-[\]-~]*$/;

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/** Reproduces Go's strconv.Quote and QuoteToASCII; with a single quote, their variants for characters. */
export function quote(bytes: string, mark: '"' | "'" = '"', asciiOnly = false): string {
  if (PLAIN.test(bytes)) {
    return mark + bytes + mark;
  }
  let quoted = mark as string;
  let at = 0;
  for (const rune of runesOf(bytes)) {
    quoted += rune.valid ? escapeRune(rune, mark, asciiOnly) : `\\x${hex(bytes.charCodeAt(at), 2)}`;
    at += rune.size;
  }
  return quoted + mark;
}

function escapeRune({ code }: Rune, mark: string, asciiOnly: boolean): string {
  const character = encodeRune(code);
  if (character === mark || character === '\\') {
    return `\\${character}`;
  }
  if (asciiOnly ? code < 0x80 && isPrint(code) : isPrint(code)) {
    return character;
  }
  return NAMED[code] ?? escapeCode(code);
}

function escapeCode(code: number): string {
  if (code < 0x20 || code === 0x7f) {
    return `\\x${hex(code, 2)}`;
  }
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

/** Reproduces Go's strconv.CanBackquote. */
export function canBackquote(bytes: string): boolean {
  for (const { code, valid } of runesOf(bytes)) {
    if (!valid || code === 0xfeff || code === 0x7f || code === 0x60 || (code < 0x20 && code !== 9)) {
      return false;
    }
  }
  return true;
}
