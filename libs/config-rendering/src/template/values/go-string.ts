/*
 * Go's strings are bytes, which templates can observe with `len`, `trunc`, `index` and sorting. So every string inside the
 * engine is a JavaScript string with one character for each byte of its UTF-8 form. The output is converted back to text.
 */

/** Converts text to the engine's form. */
export function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Converts bytes to text; undefined when they are not UTF-8 (cut inside a character, or decoded from base64). */
export function toText(bytes: string): string | undefined {
  const buffer = Buffer.from(bytes, 'latin1');
  const text = buffer.toString('utf8');
  return Buffer.from(text, 'utf8').equals(buffer) ? text : undefined;
}

/** Converts bytes to text for a message. Bytes that are not UTF-8 become U+FFFD. */
export function toMessage(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** One decoded character. */
export interface Rune {
  readonly code: number;
  /** Size in bytes. */
  readonly size: number;
  /** False for a byte that does not begin a valid sequence; `code` is then U+FFFD and `size` 1. */
  readonly valid: boolean;
}

/** The character with which Go replaces a byte that is not UTF-8. */
export const RUNE_ERROR = 0xfffd;
const INVALID: Rune = { code: RUNE_ERROR, size: 1, valid: false };
/** Smallest code point of a sequence of 2, 3 and 4 bytes. A longer sequence than necessary is invalid (RFC 3629 §3). */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000];

/** Reproduces Go's utf8.DecodeRuneInString at an existing position. */
export function decodeRune(bytes: string, at: number): Rune {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) {
    return { code: first, size: 1, valid: true };
  }
  const size = sequenceLength(first);
  if (size === 0) {
    return INVALID;
  }
  let code = first & (0x7f >> size);
  for (let offset = 1; offset < size; offset++) {
    const next = bytes.charCodeAt(at + offset);
    if ((next & 0xc0) !== 0x80) {
      return INVALID;
    }
    code = (code << 6) | (next & 0x3f);
  }
  return code < (SMALLEST[size] ?? 0) || !isScalar(code) ? INVALID : { code, size, valid: true };
}

function sequenceLength(first: number): number {
  if (first >= 0xc2 && first < 0xe0) {
    return 2;
  }
  if (first >= 0xe0 && first < 0xf0) {
    return 3;
  }
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

function isScalar(code: number): boolean {
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

/** Reproduces Go's utf8.AppendRune. */
export function encodeRune(code: number): string {
  // Fast path: most text is ASCII, which is the same in both forms.
  if (code >= 0 && code < 0x80) {
    return String.fromCharCode(code);
  }
  return toBytes(String.fromCodePoint(isScalar(code) && code >= 0 ? code : RUNE_ERROR));
}

/** Yields all characters of a string, as Go's `for range` does. */
export function* runesOf(bytes: string): Generator<Rune> {
  for (let at = 0; at < bytes.length;) {
    const rune = decodeRune(bytes, at);
    yield rune;
    at += rune.size;
  }
}

/** Reproduces Go's utf8.RuneCountInString. */
export function countRunes(bytes: string): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += decodeRune(bytes, at).size) {
    count++;
  }
  return count;
}

/** Replaces each character by another, as Go's strings.Map does. */
export function mapRunes(bytes: string, map: (code: number) => number): string {
  let mapped = '';
  for (const { code } of runesOf(bytes)) {
    mapped += encodeRune(map(code));
  }
  return mapped;
}
