/** Longest part of a value that is shown, in characters (code points). More would not help a reader. */
const MAX_LENGTH = 100;

/**
 * Characters that are invisible, or that change how the text around them looks. These are Unicode's controls, formats (bidirectional
 * embeddings, overrides, isolates and marks, zero widths, soft hyphen, tags), lone surrogates, private use, unassigned characters,
 * separators except the space, and the fillers and joiners that are letters or marks in Unicode but look blank.
 */
const HIDDEN =
  /[\p{C}\p{Zl}\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;

/**
 * Returns a value from outside for messages, Events, conditions and logs: in quotes, on one line, shortened, and with every invisible or
 * misleading character as a JSON escape.
 */
export function quoted(text: string, maxLength = MAX_LENGTH): string {
  return JSON.stringify(shortened(text, maxLength)).replace(HIDDEN, escape);
}

/**
 * Returns a message from outside, such as that of a registry, with the same escapes as {@link quoted}. It has at most `maxLength` characters,
 * including escapes, and an ellipsis.
 */
export function visible(text: string, maxLength: number): string {
  return shortened(text.slice(0, 2 * maxLength + 2).replace(HIDDEN, escape), maxLength);
}

/** Returns a JSON line of a log with escapes. The parsed text stays the same. */
export function visibleLine(line: string): string {
  // Fast path for every line: nearly all lines are plain ASCII.
  return /[^\n\x20-\x7e]/.test(line) ? line.replace(HIDDEN, (character) => (character === '\n' ? character : escape(character))) : line;
}

/** Shortens by code points, so that no half of a surrogate pair remains. Processes only the part that it keeps. */
function shortened(text: string, maxLength: number): string {
  const points = [...text.slice(0, 2 * maxLength + 2)];
  return points.length > maxLength ? `${points.slice(0, maxLength).join('')}…` : text;
}

function escape(character: string): string {
  return [...Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
}
