/**
 * Pattern of a header line with its line end, as RFC 9112 §5 requires it of senders: no folded line, no space before the colon, no control
 * character. Each character has one way to match, so the time is linear.
 */
export const FIELD_LINE = String.raw`[!#$%&'*+\-.^_\`|~\dA-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n`;

/** Names that every object has. */
const INHERITED: ReadonlySet<string> = new Set(['constructor', '__proto__']);

/** Gets the name of a header as it was sent, and where its value begins and ends in the text. Returns false to stop. */
export type TakeField = (name: string, start: number, end: number) => boolean;

/**
 * Calls a function for each header line of a text.
 *
 * @param from index of the first line; from there on the text consists of lines that match {@link FIELD_LINE}
 * @returns false when a call returned false, or when a name is that of a property that every object has
 */
export function eachField(text: string, from: number, take: TakeField): boolean {
  let at = from;
  while (at < text.length) {
    const colon = text.indexOf(':', at);
    const end = text.indexOf('\r\n', colon);
    const name = text.slice(at, colon);
    if (INHERITED.has(name.toLowerCase()) || !take(name, colon + 1, end)) {
      return false;
    }
    at = end + 2;
  }
  return true;
}

/** Returns a part of a text without the spaces and tabs around it (OWS of RFC 9110 §5.6.3). */
export function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isSpace(text.charCodeAt(from))) {
    from += 1;
  }
  while (to > from && isSpace(text.charCodeAt(to - 1))) {
    to -= 1;
  }
  return text.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
