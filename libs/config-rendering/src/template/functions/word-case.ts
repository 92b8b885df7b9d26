import { refused } from '../template-problem';

/*
 * Splits text into words as xstrings v1.5.0 does, which sprig uses. Its rules are unusual (`HTTP2xx` becomes `http_2xx`,
 * `Bld4Floor` becomes `bld4_floor`), so this code follows its algorithm step by step, for ASCII.
 */
type WordKind = 'connector' | 'punctuation' | 'upper' | 'letters' | 'number' | 'other' | 'none';

interface Word {
  readonly kind: WordKind;
  readonly text: string;
}

const NO_WORD: Word = { kind: 'none', text: '' };

const WORD_FORMS: readonly (readonly [WordKind, RegExp])[] = [
  ['connector', /[-_\s]+/y],
  ['punctuation', /[!"#%&'()*,./:;?@[\\\]{}][!"#%&'()*,\-./:;?@[\\\]_{}]*/y],
  // Of several capitals, the last one begins the next word: HTTPServer is HTTP and Server.
  ['upper', /[A-Z]+(?=[A-Z][a-z])|[A-Z]{2,}|[A-Z][a-z]*/y],
  ['letters', /[a-z]+/y],
  ['number', /[0-9]+/y],
  ['other', /[^-_\sA-Za-z0-9!"#%&'()*,./:;?@[\\\]{}]+/y],
];

class Words {
  #at = 0;

  constructor(private readonly text: string) {}

  get atEnd(): boolean {
    return this.#at >= this.text.length;
  }

  next(): Word {
    for (const [kind, form] of WORD_FORMS) {
      form.lastIndex = this.#at;
      const text = form.exec(this.text)?.[0];
      if (text) {
        this.#at += text.length;
        return { kind, text };
      }
    }
    return NO_WORD;
  }
}

function checkAscii(text: string): void {
  if (/[^\0-\x7f]/.test(text)) {
    throw refused('snakecase, kebabcase and camelcase of other text than ASCII', 'word boundaries are not defined for it');
  }
}

/** Reproduces xstrings.ToSnakeCase and ToKebabCase. */
export function separatedWords(text: string, connector: '_' | '-'): string {
  checkAscii(text);
  return new WordJoiner(text, connector).join();
}

class WordJoiner {
  readonly #words: Words;
  #word: Word;
  #joined = '';

  constructor(
    text: string,
    private readonly connector: string,
  ) {
    this.#words = new Words(text);
    this.#word = this.#words.next();
  }

  join(): string {
    while (!this.#words.atEnd) {
      const previous = this.#word;
      if (previous.kind !== 'connector') {
        this.#write(previous);
      }
      this.#word = this.#words.next();
      this.#after(previous);
    }
    this.#write(this.#word);
    return this.#joined;
  }

  #after(previous: Word): void {
    if (previous.kind === 'number') {
      return this.#afterNumber(['none', 'punctuation', 'connector']);
    }
    if (previous.kind === 'connector') {
      return this.#write(previous);
    }
    if (previous.kind === 'punctuation') {
      return;
    }
    if (this.#word.kind === 'number') {
      this.#numberAfterWord();
    } else {
      this.#connect(['connector', 'punctuation']);
    }
  }

  /** Adds the lower-case letters and digits that follow a number to the same word. */
  #afterNumber(unconnected: readonly WordKind[]): void {
    while (this.#word.kind === 'letters' || this.#word.kind === 'number') {
      this.#write(this.#word);
      this.#word = this.#words.next();
    }
    this.#connect(unconnected);
  }

  #numberAfterWord(): void {
    if (this.#words.atEnd) {
      return;
    }
    const number = this.#word;
    this.#word = this.#words.next();
    if (this.#word.kind !== 'letters') {
      // The number belongs to the word before it.
      this.#write(number);
      this.#connect(['connector', 'punctuation']);
      return;
    }
    this.#joined += this.connector;
    this.#write(number);
    this.#afterNumber(['none', 'connector', 'punctuation']);
  }

  #connect(unconnected: readonly WordKind[]): void {
    if (!unconnected.includes(this.#word.kind)) {
      this.#joined += this.connector;
    }
  }

  #write({ kind, text }: Word): void {
    if (kind === 'connector') {
      this.#joined += this.connector.repeat(text.length);
    } else {
      this.#joined += kind === 'upper' ? text.toLowerCase() : text;
    }
  }
}

const isConnector = (character: string): boolean => /[-_\s]/.test(character);
const isUpper = (character: string): boolean => /[A-Z]/.test(character);

/** Reproduces sprig's camelcase, which is xstrings.ToPascalCase. */
export function camelcase(text: string): string {
  checkAscii(text);
  const leading = /^[-_\s]*/.exec(text)?.[0] ?? '';
  // xstrings repeats the last separator of a text that has only separators.
  if (leading === text) {
    return leading + leading.slice(-1);
  }
  const [first = '', ...others] = text.slice(leading.length);
  let camel = leading;
  // In a word that begins with capitals, all of them except the first become lower case.
  let capitals = isUpper(first);
  let current = first.toUpperCase();
  for (const character of others) {
    const previous = current;
    current = character;
    if (!isConnector(previous)) {
      capitals &&= isUpper(current);
      if (capitals) {
        current = current.toLowerCase();
      }
      camel += previous;
    } else if (isConnector(current)) {
      camel += previous;
    } else {
      capitals = isUpper(current);
      current = current.toUpperCase();
    }
  }
  return camel + current;
}
