import { type Budget } from '../budget';
import { formatPlain } from '../format/format-value';
import { printf } from '../format/printf';
import { quote } from '../format/quote';
import { failed } from '../template-problem';
import { decodeRune, encodeRune } from '../values/go-string';
import { GoList, GoMap, stringList, type GoAny, type GoValue } from '../values/go-value';
import { isSpace } from '../values/unicode';
import { textOf } from './casts';
import { characterwise, define, defineVariadic, type FunctionTable } from './template-function';

/** sprig: strings, except case, wrapping and trimming. Positions and lengths are in bytes. */
export const STRINGS: FunctionTable = {
  nospace: characterwise(define(['string'], ([text]) => noSpace(text))),
  initials: characterwise(define(['string'], ([text]) => initials(text))),
  trunc: define(['int', 'string'], ([count, text]) => trunc(count, text)),
  substr: define(['int', 'int', 'string'], ([start, end, text]) => substring(start, end, text)),
  abbrev: define(['int', 'string'], ([width, text]) => abbreviate(text, 0, width)),
  abbrevboth: define(['int', 'int', 'string'], ([left, right, text]) => abbreviateBoth(text, left, right)),
  repeat: define(['int', 'string'], ([count, text], budget) => repeat(count, text, budget)),
  contains: define(['string', 'string'], ([part, text]) => text.includes(part)),
  hasPrefix: define(['string', 'string'], ([part, text]) => text.startsWith(part)),
  hasSuffix: define(['string', 'string'], ([part, text]) => text.endsWith(part)),
  replace: define(['string', 'string', 'string'], ([old, replacement, text], budget) => replace(text, old, replacement, budget)),
  quote: characterwise(defineVariadic([], 'any', (_fixed, values, budget) => joined(values, (value) => quote(textOf(value, budget))))),
  squote: defineVariadic([], 'any', (_fixed, values, budget) => joined(values, (value) => `'${formatPlain(value, budget)}'`)),
  cat: defineVariadic([], 'any', (_fixed, values, budget) => {
    const some = values.filter((value) => value !== null);
    return printf(some.map(() => '%v').join(' '), some, budget);
  }),
  indent: define(['int', 'string'], ([spaces, text], budget) => indent(spaces, text, budget)),
  nindent: define(['int', 'string'], ([spaces, text], budget) => `\n${indent(spaces, text, budget)}`),
  plural: define(['string', 'string', 'int'], ([one, many, count]) => (count === 1 ? one : many)),
  split: define(['string', 'string'], ([separator, text], budget) => numbered(splitText(text, separator, -1, budget))),
  splitn: define(['string', 'int', 'string'], ([separator, count, text], budget) => numbered(splitText(text, separator, count, budget))),
  splitList: define(['string', 'string'], ([separator, text], budget) => stringList(splitText(text, separator, -1, budget))),
};

/** Removes spaces. Like goutils, it treats each byte as one character, which corrupts text that is not ASCII. */
function noSpace(text: string): string {
  const kept = [...text].filter((byte) => !isSpace(byte.charCodeAt(0)));
  return kept.length === text.length ? text : kept.map((byte) => encodeRune(byte.charCodeAt(0))).join('');
}

/** Returns the first byte of each word, also treated as one character. */
function initials(text: string): string {
  let letters = '';
  let afterGap = true;
  for (const byte of text) {
    const gap = isSpace(byte.charCodeAt(0));
    if (afterGap && !gap) {
      letters += encodeRune(byte.charCodeAt(0));
    }
    afterGap = gap;
  }
  return letters;
}

function trunc(count: number, text: string): string {
  if (count < 0) {
    return text.length + count > 0 ? text.slice(count) : text;
  }
  return text.slice(0, count);
}

function substring(start: number, end: number, text: string): string {
  if (start < 0) {
    return slice(text, 0, end);
  }
  return slice(text, start, end < 0 || end > text.length ? text.length : end);
}

function slice(text: string, start: number, end: number): string {
  if (start < 0 || start > end || end > text.length) {
    throw failed(`slice bounds out of range [${start}:${end}]`);
  }
  return text.slice(start, end);
}

const ELLIPSIS = '...';

/**
 * Reproduces goutils.AbbreviateFull: returns at most `width` bytes, including those at `offset`. Below a width of 4, sprig
 * returns the text unchanged.
 */
function abbreviate(text: string, offset: number, width: number): string {
  const room = width - ELLIPSIS.length;
  if (width < 4 || text.length <= width) {
    return text;
  }
  const start = text.length - offset < room ? text.length - room : Math.min(offset, text.length);
  if (start <= 4) {
    return text.slice(0, room) + ELLIPSIS;
  }
  if (start + room < text.length) {
    return ELLIPSIS + abbreviate(text.slice(start), 0, room);
  }
  return ELLIPSIS + text.slice(text.length - room);
}

function abbreviateBoth(text: string, left: number, right: number): string {
  return right < 4 || (left > 0 && right < 7) ? text : abbreviate(text, left, right);
}

function repeat(count: number, text: string, budget: Budget): string {
  if (count < 0) {
    throw failed('strings: negative Repeat count');
  }
  budget.bytes(count * text.length);
  return text.repeat(count);
}

function replace(text: string, old: string, replacement: string, budget: Budget): string {
  budget.bytes(text.length + countOf(text, old) * Math.max(replacement.length - old.length, 0));
  return old === '' ? emptyMatches(text).join(replacement) : text.replaceAll(old, () => replacement);
}

/** Counts the occurrences of a part. For the empty part, returns an upper bound: one before each byte and one at the end. */
function countOf(text: string, part: string): number {
  if (part === '') {
    return text.length + 1;
  }
  let found = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) {
    found++;
  }
  return found;
}

/** Splits the text at each occurrence of the empty string: before each character and at the end. */
function emptyMatches(text: string): string[] {
  return ['', ...characters(text), ''];
}

function characters(text: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    const { size } = decodeRune(text, at);
    parts.push(text.slice(at, at + size));
    at += size;
  }
  return parts;
}

function joined(values: readonly GoAny[], format: (value: GoAny) => string): string {
  return values
    .filter((value) => value !== null)
    .map(format)
    .join(' ');
}

function indent(spaces: number, text: string, budget: Budget): string {
  const pad = repeat(spaces, ' ', budget);
  return pad + replace(text, '\n', `\n${pad}`, budget);
}

/** Reproduces Go's strings.SplitN; a count below 0 means no limit. */
function splitText(text: string, separator: string, count: number, budget: Budget): string[] {
  budget.entries(countOf(text, separator));
  const parts = separator === '' ? characters(text) : text.split(separator);
  if (count < 0 || parts.length <= count) {
    return parts;
  }
  if (count === 0) {
    return [];
  }
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)];
}

/** Returns sprig's dict of parts: `_0`, `_1`, … */
function numbered(parts: readonly string[]): GoMap {
  return new GoMap(new Map<string, GoValue>(parts.map((part, index) => [`_${index}`, part])), 'string');
}

/** Reproduces sprig's strslice, which `join` and `sortAlpha` use. */
export function stringsOf(value: GoAny, budget: Budget): string[] {
  if (value === null) {
    return [];
  }
  if (!(value instanceof GoList)) {
    return [textOf(value, budget)];
  }
  return value.items.filter((item) => item != null).map((item) => textOf(item, budget));
}
