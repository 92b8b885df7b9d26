import { type Budget } from '../budget';
import { refused } from '../template-problem';
import { decodeRune } from '../values/go-string';
import { GoInt, typeName, type GoAny } from '../values/go-value';
import { type Flags } from './flags';
import { formatArgument, formatPlain } from './format-value';

/** Reproduces Go's fmt.Sprint: adds a space between two operands if neither is a string. */
export function print(values: readonly GoAny[], budget: Budget): string {
  let text = '';
  values.forEach((value, index) => {
    const bothOther = index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string';
    text += (bothOther ? ' ' : '') + formatPlain(value, budget);
  });
  return text;
}

/** Reproduces Go's fmt.Sprintln. */
export function println(values: readonly GoAny[], budget: Budget): string {
  return `${values.map((value) => formatPlain(value, budget)).join(' ')}\n`;
}

/** Reproduces Go's fmt.Sprintf. */
export function printf(format: string, values: readonly GoAny[], budget: Budget): string {
  return new Printf(format, values, budget).run();
}

const FLAG_NAMES: Readonly<Record<string, keyof Pick<Flags, 'minus' | 'plus' | 'sharp' | 'space' | 'zero'>>> = {
  '-': 'minus',
  '+': 'plus',
  '#': 'sharp',
  ' ': 'space',
  '0': 'zero',
};

/** Largest width and precision. Go's own limit is a million; beyond it, Go's result is not useful. */
const MAX_WIDTH = 10_000;

class Printf {
  #at = 0;
  #next = 0;
  /** The format chose an argument by its number. Go then does not check that all arguments are used. */
  #reordered = false;

  constructor(
    private readonly format: string,
    private readonly values: readonly GoAny[],
    private readonly budget: Budget,
  ) {}

  run(): string {
    let text = '';
    while (this.#at < this.format.length) {
      text += this.#literal();
      if (this.#at >= this.format.length) {
        break;
      }
      this.#at++;
      text += this.#directive();
    }
    return text + this.#extra();
  }

  #literal(): string {
    const start = this.#at;
    const percent = this.format.indexOf('%', start);
    this.#at = percent < 0 ? this.format.length : percent;
    return this.format.slice(start, this.#at);
  }

  #directive(): string {
    const flags = this.#flags();
    this.#argumentNumber();
    this.#width(flags);
    this.#precision(flags);
    if (this.#at >= this.format.length) {
      return '%!(NOVERB)';
    }
    const { size } = decodeRune(this.format, this.#at);
    const verb = this.format.slice(this.#at, this.#at + size);
    this.#at += size;
    return this.#verb(verb, flags);
  }

  #verb(verb: string, flags: Flags): string {
    if (verb === '%') {
      return '%';
    }
    if (this.#next >= this.values.length) {
      return `%!${verb}(MISSING)`;
    }
    if (verb === 'v' && flags.sharp) {
      throw refused('%#v', 'it prints Go source');
    }
    const value = this.values[this.#next++] ?? null;
    // Before v, the plus asks for the names of struct fields; no value here has any.
    return formatArgument(value, { verb, flags: verb === 'v' ? { ...flags, plus: false } : flags }, this.budget);
  }

  #flags(): Flags {
    const flags: Flags = {};
    for (;;) {
      const name = FLAG_NAMES[this.format.charAt(this.#at)];
      if (name === undefined) {
        return flags;
      }
      flags[name] = true;
      this.#at++;
    }
  }

  /** Reads `[n]`. It is supported only directly before a verb; elsewhere it refers to a width or precision. */
  #argumentNumber(): void {
    if (this.format.charAt(this.#at) !== '[') {
      return;
    }
    const number = /^\[([1-9][0-9]{0,3})\](?=[A-Za-z])/.exec(this.format.slice(this.#at, this.#at + 8));
    const index = Number(number?.[1]) - 1;
    if (number === null || index >= this.values.length) {
      throw refused('this use of [n] in a format', 'write [n] directly before the verb, with the number of an existing argument');
    }
    this.#reordered = true;
    this.#next = index;
    this.#at += number[0].length;
  }

  #width(flags: Flags): void {
    if (this.format.charAt(this.#at) === '*') {
      const width = this.#starred();
      flags.width = Math.abs(width);
      if (width < 0) {
        Object.assign(flags, { minus: true, zero: false });
      }
      return;
    }
    flags.width = this.#number();
  }

  #precision(flags: Flags): void {
    // Go reads a dot at the very end as an invalid verb.
    if (this.format.charAt(this.#at) !== '.' || this.#at + 1 >= this.format.length) {
      return;
    }
    this.#at++;
    if (this.format.charAt(this.#at) === '*') {
      const precision = this.#starred();
      flags.precision = precision < 0 ? undefined : precision;
    } else {
      flags.precision = this.#number() ?? 0;
    }
    if (this.format.charAt(this.#at) === '[') {
      throw refused('[n] after a precision', 'write it before the verb');
    }
  }

  #starred(): number {
    this.#at++;
    const value = this.values[this.#next++];
    if (!(value instanceof GoInt)) {
      throw refused('* in a format with no integer for it', 'Go would write an error into the output');
    }
    return checkWidth(Number(value.value));
  }

  #number(): number | undefined {
    const digits = /^[0-9]+/.exec(this.format.slice(this.#at, this.#at + 16))?.[0];
    if (digits === undefined) {
      return undefined;
    }
    this.#at += digits.length;
    return checkWidth(Number(digits));
  }

  #extra(): string {
    if (this.#reordered || this.#next >= this.values.length) {
      return '';
    }
    const extra = this.values
      .slice(this.#next)
      .map((value) => (value === null ? '<nil>' : `${typeName(value)}=${formatPlain(value, this.budget)}`));
    return `%!(EXTRA ${extra.join(', ')})`;
  }
}

function checkWidth(width: number): number {
  if (Math.abs(width) > MAX_WIDTH) {
    throw refused(`a width of more than ${MAX_WIDTH} in a format`, 'no configuration file needs it');
  }
  return width;
}
