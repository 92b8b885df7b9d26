import { encodeRune } from '../values/go-string';

const NAMED: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** An escape at the beginning of the text: named, \xHH, \uHHHH, \UHHHHHHHH or octal. */
const ESCAPE = /^\\(?:([abfnrtv\\'"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/;

/** Reproduces Go's strconv.Unquote for a token with its quotes; undefined when Go does not know an escape in it. */
export function unquote(token: string): string | undefined {
  const inner = token.slice(1, -1);
  // Go drops carriage returns from raw strings.
  return token.startsWith('`') ? inner.replaceAll('\r', '') : unescape(inner, token.charAt(0));
}

function unescape(text: string, mark: string): string | undefined {
  let plain = '';
  for (let at = 0; at < text.length;) {
    const next = text.indexOf('\\', at);
    if (next < 0) {
      return plain + text.slice(at);
    }
    const escape = ESCAPE.exec(text.slice(next, next + 10));
    const character = escape ? escapedBytes(escape, mark) : undefined;
    if (escape === null || character === undefined) {
      return undefined;
    }
    plain += text.slice(at, next) + character;
    at = next + escape[0].length;
  }
  return plain;
}

function escapedBytes([, name, byte, short, long, octal]: RegExpExecArray, mark: string): string | undefined {
  // Go allows no escape for the other kind of quote.
  if (name !== undefined) {
    return name === mark ? name : NAMED[name];
  }
  if (byte !== undefined) {
    return String.fromCharCode(Number.parseInt(byte, 16));
  }
  if (octal !== undefined) {
    return octalByte(Number.parseInt(octal, 8));
  }
  return scalar(Number.parseInt(short ?? long ?? '', 16));
}

function octalByte(code: number): string | undefined {
  return code > 255 ? undefined : String.fromCharCode(code);
}

/** Returns the encoded character. Undefined for surrogates and for code points beyond Unicode. */
function scalar(code: number): string | undefined {
  return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? undefined : encodeRune(code);
}
