import { createHmac, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A secret value: a password, a token or a private key. In any output (template string, JSON, console, logger, util.inspect) it
 * appears as `[redacted]`. Only {@link Sensitive.reveal} returns the value, so a search for `reveal(` lists every place that uses a
 * secret.
 */
export class Sensitive {
  // A private field (#): neither Object.keys, JSON, nor util.inspect with showHidden can read it.
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** Returns the value. Call this only to send the value, or to pass it to a cryptographic function. */
  reveal(): string {
    return this.#value;
  }

  /** True for an empty value. Avoids a call of `reveal`. */
  get isEmpty(): boolean {
    return this.#value === '';
  }

  /** Length of the value in characters. Avoids a call of `reveal` where memory is counted. */
  get length(): number {
    return this.#value.length;
  }

  /** Returns a keyed fingerprint (HMAC-SHA-256, base64url), for example for a cache. It reveals nothing about the value without the key. */
  fingerprint(key: Buffer): string {
    return createHmac('sha256', key).update(this.#value).digest('base64url');
  }

  /** Compares in constant time, for values of equal length. */
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
