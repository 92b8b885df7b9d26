/*
 * Escapes of URLs, read byte by byte (RFC 3986 §2.1): each function is linear and throws for no input, because peers choose how
 * many escapes there are and whether they are UTF-8.
 */

/** Every escape as the byte it stands for, in one character each; what is no escape stays. */
export function decodeBytes(text: string): string {
  if (!text.includes('%')) {
    return text;
  }
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/**
 * Bytes that no request line can carry (a blank, and all beyond ASCII), escaped; every other byte stays, also in escapes.
 *
 * @param latin1 one character for each byte, as Node.js and undici give the values of headers
 */
export function escapeBytes(latin1: string): string {
  return latin1.replace(/[ \x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/**
 * What some server takes for one of the characters that make or end a dot segment: an escape, escaped any number of times, in the
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
 * Whether some server could take a segment of the path for `.` or `..`: as written or in escapes, between slashes, escaped slashes
 * or backslashes, and before a path parameter (`..;x`, which servlet containers cut off) or a zero byte (rule C5).
 */
export function hasDotSegment(path: string): boolean {
  const read = path.replace(PATH_ESCAPE, (_, plain?: string, overlong?: string, backslash?: string) => {
    return PATH_CHARACTERS[(plain ?? overlong ?? backslash ?? '').toLowerCase()] ?? '';
  });
  return /(?:^|[/\\])\.{1,2}(?:[/\\;]|$)/.test(read);
}
