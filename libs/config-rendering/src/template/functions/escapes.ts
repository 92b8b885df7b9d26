import { print } from '../format/printf';
import { type Budget } from '../budget';
import { decodeRune } from '../values/go-string';
import { type GoAny } from '../values/go-value';
import { isPrint } from '../values/unicode';
import { defineVariadic, type FunctionTable, type TemplateFunction } from './template-function';

/** text/template's escapes. They escape the text of all arguments together. */
export const ESCAPES: FunctionTable = {
  html: escaping((text) => text.replace(/[\0"'&<>]/g, (character) => HTML[character] ?? '')),
  js: escaping(escapeScript),
  urlquery: escaping(escapeQuery),
};

/** Escaping makes a text at most six times as long. */
const GROWTH = 6;

function escaping(escape: (text: string) => string): TemplateFunction {
  return defineVariadic([], 'any', (_fixed, values, budget) => {
    const text = textOf(values, budget);
    budget.bytes(Math.ceil(text.length / GROWTH));
    budget.characters(text.length);
    return escape(text);
  });
}

/** Returns the arguments as one text. Unlike `print`, nil is written like a missing key. */
function textOf(values: readonly GoAny[], budget: Budget): string {
  return print(
    values.map((value) => value ?? '<no value>'),
    budget,
  );
}

const HTML: Readonly<Record<string, string>> = {
  '\0': '\xef\xbf\xbd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

const SCRIPT: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

const hex = (code: number, digits: number): string => code.toString(16).toUpperCase().padStart(digits, '0');

function escapeScript(text: string): string {
  let escaped = '';
  for (let at = 0; at < text.length;) {
    const { code, size } = decodeRune(text, at);
    const bytes = text.slice(at, at + size);
    escaped += SCRIPT[bytes] ?? (code < 0x20 || (code >= 0x80 && !isPrint(code)) ? `\\u${hex(code, 4)}` : bytes);
    at += size;
  }
  return escaped;
}

/** Reproduces Go's url.QueryEscape. */
function escapeQuery(text: string): string {
  return text.replace(/[^A-Za-z0-9\-_.~]/g, (byte) => (byte === ' ' ? '+' : `%${hex(byte.charCodeAt(0), 2)}`));
}
