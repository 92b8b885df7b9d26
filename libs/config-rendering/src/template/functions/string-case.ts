import { encodeRune, mapRunes, runesOf } from '../values/go-string';
import { isDigit, isLetter, isLower, isSpace, isUpper, toLower, toTitle, toUpper } from '../values/unicode';
import { characterwise, define, type FunctionTable, type TemplateFunction } from './template-function';
import { camelcase, separatedWords } from './word-case';

const ASCII = /^[\0-\x7f]*$/;

/** sprig: upper and lower case. */
export const STRING_CASE: FunctionTable = {
  upper: mapping((text) => (ASCII.test(text) ? text.toUpperCase() : mapRunes(text, toUpper))),
  lower: mapping((text) => (ASCII.test(text) ? text.toLowerCase() : mapRunes(text, toLower))),
  title: mapping(title),
  untitle: mapping(untitle),
  swapcase: mapping(swapCase),
  camelcase: mapping(camelcase),
  snakecase: mapping((text) => separatedWords(text, '_')),
  kebabcase: mapping((text) => separatedWords(text, '-')),
};

function mapping(map: (text: string) => string): TemplateFunction {
  return characterwise(define(['string'], ([text]) => map(text)));
}

/** Reproduces Go's strings.Title: changes each letter after a character that cannot be inside a word. */
function title(text: string): string {
  let previous = 0x20;
  return mapRunes(text, (code) => {
    const begins = isSeparator(previous);
    previous = code;
    return begins ? toTitle(code) : code;
  });
}

function isSeparator(code: number): boolean {
  if (code < 0x80) {
    return !/[A-Za-z0-9_]/.test(String.fromCharCode(code));
  }
  return !isLetter(code) && !isDigit(code) && isSpace(code);
}

/** Reproduces goutils.Uncapitalize: changes the first letter of each word. */
function untitle(text: string): string {
  let begins = true;
  return mapRunes(text, (code) => {
    if (isSpace(code)) {
      begins = true;
    } else if (begins) {
      begins = false;
      return toLower(code);
    }
    return code;
  });
}

/** Reproduces goutils.SwapCase: lower case becomes upper case, or title case at the beginning of a word. */
function swapCase(text: string): string {
  let afterSpace = true;
  let swapped = '';
  for (const { code } of runesOf(text)) {
    const upper = isUpper(code);
    const lower = isLower(code);
    swapped += encodeRune(swapOne(code, { upper, lower, afterSpace }));
    afterSpace = upper || lower ? false : isSpace(code);
  }
  return swapped;
}

function swapOne(code: number, { upper, lower, afterSpace }: { upper: boolean; lower: boolean; afterSpace: boolean }): number {
  if (upper) {
    return toLower(code);
  }
  if (!lower) {
    return code;
  }
  return afterSpace ? toTitle(code) : toUpper(code);
}
