/*
 * Go's strings are bytes, and templates can see it: `len`, `trunc`, `index`, sorting. So every string inside the engine
 * is a JavaScript string with one character for each byte of the UTF-8 form; it becomes text again when it leaves.
 */

/** Text as the engine keeps it. */
export function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The text; undefined when the bytes are not UTF-8 (cut inside a character, or decoded from base64). */
export function toText(bytes: string): string | undefined {
  const buffer = Buffer.from(bytes, 'latin1');
  const text = buffer.toString('utf8');
  return Buffer.from(text, 'utf8').equals(buffer) ? text : undefined;
}

/** For messages: what is not UTF-8 shows as U+FFFD. */
export function toMessage(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** One decoded character. */
export interface Rune {
  readonly code: number;
  /** Bytes that it takes. */
  readonly size: number;
  /** False for a byte that begins no valid sequence: `code` is U+FFFD then, `size` 1. */
  readonly valid: boolean;
}

/** What Go puts in the place of what is not UTF-8. */
export const RUNE_ERROR = 0xfffd;
const INVALID: Rune = { code: RUNE_ERROR, size: 1, valid: false };
/** Smallest code point of a sequence of 2, 3 and 4 bytes: a longer form than needed is invalid (RFC 3629 §3). */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000];

/** utf8.DecodeRuneInString at a position that exists. */
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

/** utf8.AppendRune. */
export function encodeRune(code: number): string {
  // Most text is ASCII, which is the same in both forms.
  if (code >= 0 && code < 0x80) {
    return String.fromCharCode(code);
  }
  return toBytes(String.fromCodePoint(isScalar(code) && code >= 0 ? code : RUNE_ERROR));
}

/** All characters of a string, as `for range` visits them. */
export function* runesOf(bytes: string): Generator<Rune> {
  for (let at = 0; at < bytes.length;) {
    const rune = decodeRune(bytes, at);
    yield rune;
    at += rune.size;
  }
}

/** utf8.RuneCountInString. */
export function countRunes(bytes: string): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += decodeRune(bytes, at).size) {
    count++;
  }
  return count;
}

/** Each character in its place replaced by another, as strings.Map does. */
export function mapRunes(bytes: string, map: (code: number) => number): string {
  let mapped = '';
  for (const { code } of runesOf(bytes)) {
    mapped += encodeRune(map(code));
  }
  return mapped;
}
