import { refused } from '../template-problem';

/*
 * Go 1.26 has the tables of Unicode 15.0; this program has those of its Node.js version. The two may differ for a character
 * that was added later, or whose other case was added later. Such a character is refused.
 */
const NEWER_THAN_UNICODE_15 = `
  19b 264 88f 897 c5c cdc 1acf-1add 1ae0-1aeb 1b4e-1b4f 1b7f 1c89-1c8a 20c1 2427-2429 2b96 2ffc-2fff 31e4-31e5 31ef a7cb-a7cf a7d2
  a7d4 a7da-a7dc a7f1 fbc3-fbd2 fd90-fd91 fdc8-fdce 105c0-105f3 10940-10959 10d40-10d65 10d69-10d85 10d8e-10d8f 10ec2-10ec7
  10ed0-10ed8 10efa-10efc 11380-11389 1138b 1138e 11390-113b5 113b7-113c0 113c2 113c5 113c7-113ca 113cc-113d5 113d7-113d8
  113e1-113e2 116d0-116e3 11b60-11b67 11bc0-11be1 11bf0-11bf9 11db0-11ddb 11de0-11de9 11f5a 13460-143fa 16100-16139 16d40-16d79
  16ea0-16eb8 16ebb-16ed3 16ff2-16ff6 187f8-187ff 18cff 18d09-18d1e 18d80-18df2 1cc00-1ccfc 1cd00-1ceb3 1ceba-1ced0 1cee0-1cef0
  1e5d0-1e5fa 1e5ff 1e6c0-1e6de 1e6e0-1e6f5 1e6fe-1e6ff 1f6d8 1f777-1f77a 1f8b2-1f8bb 1f8c0-1f8c1 1f8d0-1f8d8 1fa54-1fa57
  1fa89-1fa8a 1fa8e-1fa8f 1fabe 1fac6 1fac8 1facd 1fadc 1fadf 1fae9-1faea 1faef 1fbcb-1fbef 1fbfa 2b73a-2b73f 2cea2-2cead
  2ebf0-2ee5d 323b0-33479
`;

const NEWER = NEWER_THAN_UNICODE_15.trim()
  .split(/\s+/)
  .map((range) => range.split('-').map((code) => Number.parseInt(code, 16)))
  .map(([first = 0, last = first]) => ({ first, last }));

/** Reports whether the character is in the table above. Uses binary search, because it is called for every character. */
function isNewer(code: number): boolean {
  let [low, high] = [0, NEWER.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (code > (NEWER[middle]?.last ?? 0)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return code >= (NEWER[low]?.first ?? Infinity);
}

/**
 * Returns the character.
 *
 * @throws TemplateProblem (FeatureNotAvailable) when it is newer than Unicode 15
 */
function agreed(code: number): string {
  if (code >= 0x80 && isNewer(code)) {
    throw refused(`the character ${codePoint(code)}`, 'it is newer than Unicode 15');
  }
  return String.fromCodePoint(code);
}

/** Formats a code point as `U+00E9`. */
export function codePoint(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

const PRINT = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
const LETTER = /\p{L}/u;
const UPPER = /\p{Lu}/u;
const LOWER = /\p{Ll}/u;
const DIGIT = /\p{Nd}/u;
const SPACE = /[\t-\r \u0085\u00a0\p{Z}]/u;

export const isPrint = (code: number): boolean => PRINT.test(agreed(code));
export const isLetter = (code: number): boolean => LETTER.test(agreed(code));
export const isUpper = (code: number): boolean => UPPER.test(agreed(code));
export const isLower = (code: number): boolean => LOWER.test(agreed(code));
export const isDigit = (code: number): boolean => DIGIT.test(agreed(code));
export const isSpace = (code: number): boolean => SPACE.test(String.fromCodePoint(code));

/** İ: the only letter whose lower case has two characters in JavaScript. */
const DOTTED_I = 0x130;
/** Greek letters with iota: their upper case is one letter in Go, and two letters in JavaScript. */
const WITH_IOTA = /[\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7\u1fb3\u1fc3\u1ff3]/u;
/** Letters whose title case differs from their upper case. */
const TITLE_DIFFERS = /[\u01c4-\u01cc\u01f1-\u01f3\u10d0-\u10fa\u10fd-\u10ff]/u;

/** Reproduces Go's unicode.ToUpper, which maps one character to one: a letter whose upper case has several characters stays. */
export function toUpper(code: number): number {
  const character = agreed(code);
  if (WITH_IOTA.test(character)) {
    throw refused(`the upper case of ${codePoint(code)}`, 'Go and JavaScript convert it differently');
  }
  return single(character.toUpperCase()) ?? code;
}

/** Reproduces Go's unicode.ToLower. */
export function toLower(code: number): number {
  return code === DOTTED_I ? 0x69 : (single(agreed(code).toLowerCase()) ?? code);
}

/** Reproduces Go's unicode.ToTitle. */
export function toTitle(code: number): number {
  if (TITLE_DIFFERS.test(agreed(code))) {
    throw refused(`the title case of ${codePoint(code)}`, 'JavaScript cannot convert to title case');
  }
  return toUpper(code);
}

function single(text: string): number | undefined {
  const [first = '', ...others] = text;
  return others.length === 0 ? first.codePointAt(0) : undefined;
}
