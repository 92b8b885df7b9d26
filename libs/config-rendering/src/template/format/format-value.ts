import { type Budget } from '../budget';
import { refused } from '../template-problem';
import { countRunes, runesOf } from '../values/go-string';
import { type GoFloat, GoInt, GoList, GoMap, typeName, type GoAny, type GoValue } from '../values/go-value';
import { NO_FLAGS, pad, type Flags } from './flags';
import { FLOAT_VERBS, INTEGER_VERBS } from './format-number';
import { canBackquote, quote } from './quote';

/** One verb with its flags, applied to values. */
export interface Directive {
  /** One character, as bytes so that it can be written back. */
  readonly verb: string;
  readonly flags: Flags;
}

const PLAIN: Directive = { verb: 'v', flags: NO_FLAGS };

/** Formats a value as `%v` does. Actions print values in the same form. */
export function formatPlain(value: GoAny, budget: Budget): string {
  return typeof value === 'string' ? value : formatArgument(value, PLAIN, budget);
}

/** Reproduces fmt's printArg. */
export function formatArgument(value: GoAny, directive: Directive, budget: Budget): string {
  const { verb, flags } = directive;
  budget.bytes((flags.width ?? 0) + (flags.precision ?? 0));
  if (verb === 'T') {
    return pad(value === null ? typeName(value) : truncate(typeName(value), flags), flags);
  }
  if (verb === 'p' || verb === 'w') {
    throw refused(`%${verb}`, verb === 'p' ? 'it prints an address' : 'it is for errors');
  }
  if (value === null) {
    return verb === 'v' ? pad('<nil>', flags) : badVerb(value, directive, () => '');
  }
  return new ValueFormatter(directive, budget).format(value, 0);
}

/** Returns what Go writes for a verb that does not fit the type: `%!d(string=hi)`. */
function badVerb(value: GoAny, { verb }: Directive, text: () => string): string {
  return `%!${verb}(${typeName(value)}${value === null ? '' : `=${text()}`})`;
}

/** Verbs that write a text without inspecting its characters. */
const AS_IT_IS = ['v', 's'];

class ValueFormatter {
  constructor(
    private readonly directive: Directive,
    private readonly budget: Budget,
  ) {}

  format(value: GoValue, depth: number): string {
    this.budget.value(depth);
    // Inside a list or dict, Go writes nil the same way for every verb, and does not pad it.
    if (value == null) {
      return '<nil>';
    }
    if (value instanceof GoList) {
      return this.#join(
        value.items.map((item) => this.format(item, depth + 1)),
        '[',
      );
    }
    if (value instanceof GoMap) {
      return this.#map(value, depth);
    }
    if (typeof value === 'string' && !AS_IT_IS.includes(this.directive.verb)) {
      this.budget.characters(value.length);
    }
    const text = formatScalar(value, this.directive);
    return this.#counted(text ?? badVerb(value, this.directive, () => this.#asPlain(value)));
  }

  #map(map: GoMap, depth: number): string {
    const entries = map.sorted().map(([key, item]) => `${this.format(key, depth + 1)}:${this.format(item, depth + 1)}`);
    return this.#join(entries, 'map[');
  }

  #join(parts: readonly string[], open: string): string {
    return this.#counted(`${open}${parts.join(' ')}]`);
  }

  /** Counts the text. Each level counts, because a list that contains another one many times produces much text from few entries. */
  #counted(text: string): string {
    this.budget.bytes(text.length);
    return text;
  }

  #asPlain(value: Scalar): string {
    return formatScalar(value, { ...this.directive, verb: 'v' }) ?? '';
  }
}

type Scalar = boolean | string | GoInt | GoFloat;

/** Formats a scalar; undefined when the verb does not fit the type. */
function formatScalar(value: Scalar, { verb, flags }: Directive): string | undefined {
  if (typeof value === 'boolean') {
    return verb === 't' || verb === 'v' ? pad(String(value), flags) : undefined;
  }
  if (typeof value === 'string') {
    return own(STRING_VERBS, verb)?.(value, flags);
  }
  return value instanceof GoInt ? own(INTEGER_VERBS, verb)?.(value, flags) : own(FLOAT_VERBS, verb)?.(value, flags);
}

/** Returns an own property only: the template chooses the verb freely, so the verb may be a name of Object.prototype. */
function own<Entry>(table: Readonly<Record<string, Entry>>, verb: string): Entry | undefined {
  return Object.hasOwn(table, verb) ? table[verb] : undefined;
}

const STRING_VERBS: Readonly<Record<string, (value: string, flags: Flags) => string>> = {
  v: (value, flags) => pad(truncate(value, flags), flags),
  s: (value, flags) => pad(truncate(value, flags), flags),
  q: (value, flags) => {
    const text = truncate(value, flags);
    return pad(flags.sharp && canBackquote(text) ? `\`${text}\`` : quote(text, '"', flags.plus), flags);
  },
  x: hexadecimal,
  X: (value, flags) => hexadecimal(value, flags).toUpperCase(),
};

/** Shortens a text to the precision, counted in characters. */
function truncate(text: string, { precision }: Flags): string {
  if (precision === undefined || countRunes(text) <= precision) {
    return text;
  }
  let length = 0;
  let left = precision;
  for (const rune of runesOf(text)) {
    if (left-- === 0) {
      break;
    }
    length += rune.size;
  }
  return text.slice(0, length);
}

function hexadecimal(value: string, flags: Flags): string {
  const { precision = value.length, space, sharp } = flags;
  const pairs = [...value.slice(0, precision)].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0'));
  const prefix = sharp ? '0x' : '';
  const text = pairs.length === 0 ? '' : prefix + pairs.join(space ? ` ${prefix}` : '');
  return pad(text, flags);
}
