import { decodeRune, runesOf } from '../values/go-string';
import { isSpace } from '../values/unicode';
import { characterwise, define, type FunctionTable } from './template-function';

const trimAll = characterwise(define(['string', 'string'], ([cutset, text]) => trimSet(text, cutset)));

/** sprig: trimming. */
export const TRIMMING: FunctionTable = {
  trim: characterwise(define(['string'], ([text]) => trim(text, isSpace))),
  trimAll,
  trimall: trimAll,
  trimPrefix: define(['string', 'string'], ([prefix, text]) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  trimSuffix: define(['string', 'string'], ([suffix, text]) =>
    suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
  ),
};

function trimSet(text: string, cutset: string): string {
  const codes = new Set([...runesOf(cutset)].map(({ code }) => code));
  return trim(text, (code) => codes.has(code));
}

function trim(text: string, isTrimmed: (code: number) => boolean): string {
  let start = 0;
  while (start < text.length) {
    const { code, size } = decodeRune(text, start);
    if (!isTrimmed(code)) {
      break;
    }
    start += size;
  }
  let end = text.length;
  while (end > start) {
    const { code, size } = lastRune(text, end);
    if (!isTrimmed(code)) {
      break;
    }
    end -= size;
  }
  return text.slice(start, end);
}

/** Reproduces Go's utf8.DecodeLastRuneInString for the text before `end`. */
function lastRune(text: string, end: number): { code: number; size: number } {
  let start = end - 1;
  while (start > 0 && end - start < 4 && (text.charCodeAt(start) & 0xc0) === 0x80) {
    start--;
  }
  const rune = decodeRune(text, start);
  return start + rune.size === end ? rune : decodeRune('\xff', 0);
}
