import { createHmac, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A value that must never be seen: a password, a token, a private key. However it is printed (template string,
 * JSON, console, logger, util.inspect) the reader gets `[redacted]`; only {@link Sensitive.reveal} gives the value,
 * so a search for `reveal(` lists every place where a secret leaves its box.
 */
export class Sensitive {
  // A hard-private field: neither Object.keys, JSON, nor util.inspect with showHidden can reach it.
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call this only where it goes onto the wire or into a cryptographic function. */
  reveal(): string {
    return this.#value;
  }

  /** True for an empty value; saves a reveal. */
  get isEmpty(): boolean {
    return this.#value === '';
  }

  /** Characters of the value; saves a reveal where memory is counted. */
  get length(): number {
    return this.#value.length;
  }

  /** A keyed fingerprint (HMAC-SHA-256, base64url), usable as a cache key; says nothing about the value without the key. */
  fingerprint(key: Buffer): string {
    return createHmac('sha256', key).update(this.#value).digest('base64url');
  }

  /** Comparison in constant time for values of equal length. */
  equals(other: Sensitive): boolean {
    const mine = Buffer.from(this.#value);
    const theirs = Buffer.from(other.reveal());
    return mine.length === theirs.length && timingSafeEqual(mine, theirs);
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
