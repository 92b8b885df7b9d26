import { type Budget } from '../budget';
import { failed, refused } from '../template-problem';
import { MAX_VALUE_DEPTH } from '../render-limits';
import { runesOf, toBytes, toText } from '../values/go-string';
import { GoFloat, GoInt, GoList, GoMap, type GoValue } from '../values/go-value';
import { define, type FunctionTable, type TemplateFunction } from './template-function';

/** sprig: JSON (encoding/json). */
export const JSON_FUNCTIONS: FunctionTable = {
  toJson: writing({ html: true }),
  mustToJson: writing({ html: true }),
  toRawJson: writing({ html: false }),
  mustToRawJson: writing({ html: false }),
  toPrettyJson: writing({ html: true, indent: '  ' }),
  mustToPrettyJson: writing({ html: true, indent: '  ' }),
  fromJson: define(['string'], ([text], budget) => parse(text, budget, () => null)),
  mustFromJson: define(['string'], ([text], budget) =>
    parse(text, budget, () => {
      throw failed('mustFromJson: the text is not JSON');
    }),
  ),
};

interface JsonStyle {
  /** Escapes <, > and & as \u003c, \u003e and \u0026. */
  readonly html: boolean;
  readonly indent?: string;
}

function writing(style: JsonStyle): TemplateFunction {
  return define(['any'], ([value], budget) => new JsonWriter(style, budget).write(value, 0));
}

class JsonWriter {
  constructor(
    private readonly style: JsonStyle,
    private readonly budget: Budget,
  ) {}

  write(value: GoValue, depth: number): string {
    this.budget.value(depth);
    if (value instanceof GoMap) {
      return this.#map(value, depth);
    }
    if (value instanceof GoList) {
      return this.#list(value, depth);
    }
    if (value instanceof GoInt) {
      return value.value.toString();
    }
    if (value instanceof GoFloat) {
      return number(value.value);
    }
    return typeof value === 'string' ? this.#string(value) : String(value ?? null);
  }

  #map(map: GoMap, depth: number): string {
    const colon = this.style.indent === undefined ? ':' : ': ';
    const entries = map.sorted().map(([key, item]) => this.#string(key) + colon + this.write(item, depth + 1));
    return map.isNil ? 'null' : this.#enclose('{', entries, '}', depth);
  }

  #list(list: GoList, depth: number): string {
    return list.isNil
      ? 'null'
      : this.#enclose(
          '[',
          list.items.map((item) => this.write(item, depth + 1)),
          ']',
          depth,
        );
  }

  #enclose(open: string, parts: readonly string[], close: string, depth: number): string {
    const { indent } = this.style;
    const inner = indent === undefined ? '' : `\n${indent.repeat(depth + 1)}`;
    const outer = indent === undefined ? '' : `\n${indent.repeat(depth)}`;
    const text = parts.length === 0 ? open + close : `${open}${inner}${parts.join(`,${inner}`)}${outer}${close}`;
    this.budget.bytes(text.length);
    return text;
  }

  #string(bytes: string): string {
    this.budget.bytes(bytes.length);
    if (PLAIN.test(bytes)) {
      return `"${bytes}"`;
    }
    this.budget.characters(bytes.length);
    let text = '"';
    let at = 0;
    for (const { code, size, valid } of runesOf(bytes)) {
      const escape = valid ? (ESCAPES[code] ?? (this.style.html ? HTML_ESCAPES[code] : undefined) ?? control(code)) : '\\ufffd';
      text += escape ?? bytes.slice(at, at + size);
      at += size;
    }
    return `${text}"`;
  }
}

/** Text without characters to escape: the most frequent case. */
const PLAIN = /^[ !#-%'-;=?-[\]-~]*$/;

const ESCAPES: Readonly<Record<number, string>> = {
  0x22: '\\"',
  0x5c: '\\\\',
  0x08: '\\b',
  0x0c: '\\f',
  0x0a: '\\n',
  0x0d: '\\r',
  0x09: '\\t',
  // Line terminators in JavaScript: Go always escapes them.
  0x2028: '\\u2028',
  0x2029: '\\u2029',
};
const HTML_ESCAPES: Readonly<Record<number, string>> = { 0x3c: '\\u003c', 0x3e: '\\u003e', 0x26: '\\u0026' };

function control(code: number): string | undefined {
  return code < 0x20 ? `\\u${code.toString(16).padStart(4, '0')}` : undefined;
}

/** Writes a number in the form of ECMAScript, which Go's JSON also uses. Unlike ECMAScript, Go keeps the sign of -0. */
function number(value: number): string {
  if (!Number.isFinite(value)) {
    throw refused('JSON of an infinite number', 'JSON has no such number');
  }
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Parses JSON; all numbers become float64. For malformed text, returns the result of `malformed`. */
function parse(bytes: string, budget: Budget, malformed: () => GoValue): GoValue {
  const text = toText(bytes);
  if (text === undefined) {
    throw refused('fromJson of what is not UTF-8', 'Go replaces the invalid bytes in its own way');
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return malformed();
    }
    throw error;
  }
  return fromParsed(parsed, budget, 0);
}

function fromParsed(value: unknown, budget: Budget, depth: number): GoValue {
  if (depth > MAX_VALUE_DEPTH) {
    throw refused(`JSON nested more than ${MAX_VALUE_DEPTH} deep`, 'no configuration file needs that');
  }
  budget.value(depth);
  if (typeof value === 'number') {
    return fromNumber(value);
  }
  if (typeof value === 'string') {
    return toBytes(value);
  }
  if (Array.isArray(value)) {
    return new GoList(value.map((item) => fromParsed(item, budget, depth + 1)));
  }
  if (typeof value !== 'object' || value === null) {
    return value as boolean | null;
  }
  return new GoMap(new Map(Object.entries(value).map(([key, item]) => [toBytes(key), fromParsed(item, budget, depth + 1)])));
}

function fromNumber(value: number): GoFloat {
  if (!Number.isFinite(value)) {
    throw refused('a number in JSON beyond float64', 'Go stops parsing in the middle of the text');
  }
  return new GoFloat(value);
}
