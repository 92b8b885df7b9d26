/** More of a value than this tells nobody anything. In characters as people count them (code points). */
const MAX_LENGTH = 100;

/**
 * Characters that change how the text around them looks, or that nobody sees: all of Unicode's controls, formats (bidirectional
 * embeddings, overrides, isolates and marks, zero widths, soft hyphen, tags), lone surrogates, private use, unassigned and separators but the space, and
 * the fillers and joiners that are letters or marks to Unicode and blanks to the eye.
 */
const HIDDEN =
  /[\p{C}\p{Zl}\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;

/**
 * A value that somebody else wrote, for messages, Events, conditions and logs: in quotes, on one line, with everything invisible or
 * misleading as an escape of JSON, and not all of it.
 */
export function quoted(text: string, maxLength = MAX_LENGTH): string {
  return JSON.stringify(shortened(text, maxLength)).replace(HIDDEN, escape);
}

/**
 * A message that holds what somebody else wrote, such as the words of a registry: as it is, but for what {@link quoted} escapes. It has at most
 * `maxLength` characters and an ellipsis, escapes included.
 */
export function visible(text: string, maxLength: number): string {
  return shortened(text.slice(0, 2 * maxLength + 2).replace(HIDDEN, escape), maxLength);
}

/** A line of a log that is JSON: the escapes stand for the same text. */
export function visibleLine(line: string): string {
  // Nearly all are plain ASCII, and this is done for each.
  return /[^\n\x20-\x7e]/.test(line) ? line.replace(HIDDEN, (character) => (character === '\n' ? character : escape(character))) : line;
}

/** Cut by code points, so that no half of a pair is left; looks at no more than it keeps. */
function shortened(text: string, maxLength: number): string {
  const points = [...text.slice(0, 2 * maxLength + 2)];
  return points.length > maxLength ? `${points.slice(0, maxLength).join('')}…` : text;
}

function escape(character: string): string {
  return [...Array(character.length).keys()].map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');
}
