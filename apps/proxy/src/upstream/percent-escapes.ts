/*
 * Percent-encoding of URLs, byte by byte (RFC 3986 §2.1). Each function runs in linear time and throws for no input, because peers
 * choose how many escapes there are and whether they are UTF-8.
 */

/** Decodes each escape to one character that stands for one byte. All other text stays unchanged. */
export function decodeBytes(text: string): string {
  if (!text.includes('%')) {
    return text;
  }
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/**
 * Escapes the bytes that a request line cannot contain: a space and all bytes beyond ASCII. All other bytes, also escapes, stay unchanged.
 *
 * @param latin1 one character for each byte, as Node.js and undici return the values of headers
 */
export function escapeBytes(latin1: string): string {
  return latin1.replace(/[ \x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/**
 * Matches escapes that some server decodes to a character that forms or ends a dot segment: escaped once or several times, in the
 * notation of IIS, or as overlong UTF-8.
 */
const PATH_ESCAPE = /%(?:25)*(?:(?:u00)?(2e|2f|5c|3b|00)|c0%(?:25)*(ae|af)|c1%(?:25)*(9c))/gi;

const PATH_CHARACTERS: Readonly<Record<string, string>> = {
  '2e': '.',
  ae: '.',
  '2f': '/',
  af: '/',
  '5c': '/',
  '9c': '/',
  '3b': ';',
  '00': ';',
};

/**
 * Whether some server could read a segment of the path as `.` or `..`, written directly or in escapes. A segment is delimited by slashes,
 * escaped slashes or backslashes, and ends before a path parameter (`..;x`, which servlet containers remove) or a zero byte (rule C5).
 */
export function hasDotSegment(path: string): boolean {
  const read = path.replace(PATH_ESCAPE, (_, plain?: string, overlong?: string, backslash?: string) => {
    return PATH_CHARACTERS[(plain ?? overlong ?? backslash ?? '').toLowerCase()] ?? '';
  });
  return /(?:^|[/\\])\.{1,2}(?:[/\\;]|$)/.test(read);
}
