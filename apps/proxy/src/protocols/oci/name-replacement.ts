/** White space of JSON (RFC 8259 §2). */
const SPACES: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b]);
const CLOSING: ReadonlySet<number> = new Set([0x7d, 0x5d]);
const OPEN_OBJECT = 0x7b;

/** A longer key cannot be `name`, even if all its letters are escaped. In bytes. */
const MAX_KEY = 24;

/**
 * - `start`: before the object
 * - `member`: before a key
 * - `key`: in a key
 * - `colon`: after a key
 * - `before-value`: after the colon
 * - `value`: in a value, or after a number or a word
 * - `value-string`: in a string within a value
 * - `after-value`: before a comma
 * - `pass`: the name was found, the object has ended, or this is not JSON: the rest passes unchanged
 */
type State = 'start' | 'member' | 'key' | 'colon' | 'before-value' | 'value' | 'value-string' | 'after-value' | 'pass';

/**
 * Replaces the value of the member `name` of a JSON object at any position, chunk by chunk. All other bytes pass unchanged and are not
 * kept in memory, so lists can have any length, and numbers of any length keep their digits. A text that is not such an object passes
 * unchanged. The time is linear in the number of bytes.
 */
export class NameReplacement {
  readonly #value: Buffer;
  #state: State = 'start';
  #key = '';
  #isEscaped = false;
  /** Number of objects and lists that are open within a value. */
  #depth = 0;
  #isDropping = false;

  /** @param value the new value, as JSON */
  constructor(value: string) {
    this.#value = Buffer.from(value);
  }

  /** Returns the output for the next chunk. */
  feed(chunk: Buffer): Buffer[] {
    const pieces: Buffer[] = [];
    let from = 0;
    let at = 0;
    while (at < chunk.length && this.#state !== 'pass') {
      const wasDropping = this.#isDropping;
      // A byte that ends a number or a word is read again in the next state.
      at += this.#step(chunk[at] ?? 0) ? 1 : 0;
      if (this.#isDropping === wasDropping) {
        continue;
      }
      if (this.#isDropping) {
        pieces.push(chunk.subarray(from, at), this.#value);
      }
      from = at;
    }
    if (!this.#isDropping) {
      pieces.push(chunk.subarray(from));
    }
    return pieces.filter(({ length }) => length > 0);
  }

  /** @returns false when the byte has to be read again */
  #step(byte: number): boolean {
    switch (this.#state) {
      case 'key':
        return this.#inKey(byte);
      case 'value':
        return this.#inValue(byte);
      case 'value-string':
        if (this.#endsString(byte)) {
          this.#endOfPart();
        }
        return true;
      default:
        return SPACES.has(byte) || this.#between(byte);
    }
  }

  /** Reads a byte of the object itself that is not white space. */
  #between(byte: number): boolean {
    switch (this.#state) {
      case 'start':
        this.#state = byte === OPEN_OBJECT ? 'member' : 'pass';
        return true;
      case 'member':
        this.#state = byte === QUOTE ? 'key' : 'pass';
        this.#key = '';
        return true;
      case 'colon':
        this.#state = byte === COLON ? 'before-value' : 'pass';
        return true;
      case 'before-value':
        this.#state = 'value';
        this.#depth = 0;
        this.#isDropping = isName(this.#key);
        return false;
      default:
        this.#state = byte === COMMA ? 'member' : 'pass';
        return true;
    }
  }

  #inKey(byte: number): boolean {
    if (this.#endsString(byte)) {
      this.#state = 'colon';
    } else if (this.#key.length <= MAX_KEY) {
      this.#key += String.fromCharCode(byte);
    }
    return true;
  }

  #inValue(byte: number): boolean {
    if (byte === QUOTE) {
      this.#state = 'value-string';
    } else if (OPENING.has(byte)) {
      this.#depth += 1;
    } else if (this.#depth === 0 && (byte === COMMA || CLOSING.has(byte))) {
      return this.#endOfValue(false);
    } else if (CLOSING.has(byte)) {
      this.#depth -= 1;
      this.#endOfPart();
    }
    return true;
  }

  /** Returns true for the quote that ends a string. */
  #endsString(byte: number): boolean {
    if (this.#isEscaped) {
      this.#isEscaped = false;
      return false;
    }
    this.#isEscaped = byte === BACKSLASH;
    return byte === QUOTE;
  }

  /** Called at the end of a string, a list or an object within a value, which may be the end of the value. */
  #endOfPart(): void {
    if (this.#depth > 0) {
      this.#state = 'value';
    } else {
      this.#endOfValue(true);
    }
  }

  #endOfValue(isIncluded: boolean): boolean {
    this.#state = this.#isDropping ? 'pass' : 'after-value';
    this.#isDropping = false;
    return isIncluded;
  }
}

function isName(key: string): boolean {
  return key.replace(/\\u([0-9a-f]{4})/gi, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16))) === 'name';
}
