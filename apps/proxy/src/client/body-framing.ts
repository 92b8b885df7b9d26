import { ProxyError } from '../proxy.errors';

/** What a piece of a connection contains of a request body. */
export interface FramedPiece {
  /** Bytes in front of {@link FramedPiece.body}, when they began in an earlier piece. */
  readonly before?: Buffer;
  /** The part of the body, framed as it is sent on. It has the memory of the piece. */
  readonly body: Buffer;
  /** Length of the content in it, in bytes. */
  readonly content: number;
  /** Present when the body is complete: what follows it. */
  readonly rest?: Buffer;
}

/** Finds the end of a request body (RFC 9112 §6). */
export interface BodyFraming {
  /**
   * Reads the next piece, and changes it in place.
   *
   * @throws ProxyError RequestMalformed
   */
  read(piece: Buffer): FramedPiece;
}

/** A body with a Content-Length. */
export class LengthFraming implements BodyFraming {
  /** @param left length of the body, in bytes */
  constructor(private left: number) {}

  read(piece: Buffer): FramedPiece {
    const body = piece.length > this.left ? piece.subarray(0, this.left) : piece;
    this.left -= body.length;
    return { body, content: body.length, rest: this.left === 0 ? piece.subarray(body.length) : undefined };
  }
}

/** The most that the extensions of a chunk, and all trailers, may have, in bytes; they are dropped (RFC 9112 §7.1.1, §7.1.2). As `node:http`. */
const MAX_DROPPED = 16 * 1024;

/** Digits of the largest chunk size that a number can hold exactly. */
const MAX_DIGITS = 13;

/** A field line, but not one that would frame the body (RFC 9110 §6.5.1). */
const TRAILER = /^(?!(?:content-length|transfer-encoding):)[!#$%&'*+\-.^_`|~\dA-Za-z]+:/i;

const CR = 0x0d;
const LF = 0x0a;
const TAB = 0x09;
const SEMICOLON = 0x3b;

/** What comes next in a chunked body (RFC 9112 §7.1). */
type ChunkState =
  /** A digit of the size, or what ends it. */
  | 'size'
  | 'extension'
  /** The LF of the size line. */
  | 'size-end'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  /** The first byte of a trailer, or the CR of the last line. */
  | 'trailer-start'
  | 'trailer'
  | 'trailer-lf'
  | 'end-lf'
  | 'end';

/**
 * A chunked body. Its data stays where it is; the size lines are written in the shortest form, without extensions, and there are no
 * trailers. The upstream therefore reads the same data from it, whatever it makes of unusual chunks (rule C8).
 */
export class ChunkedFraming implements BodyFraming {
  #state: ChunkState = 'size';
  #size = 0;
  #digits = 0;
  #dropped = 0;
  /** The present line of the trailers. */
  #trailer = '';

  read(piece: Buffer): FramedPiece {
    const framed = new FramedInPlace(piece);
    while (framed.at < piece.length && this.#state !== 'end') {
      if (this.#state === 'data') {
        this.#data(framed);
      } else {
        this.#byte(framed);
      }
    }
    return framed.result(this.#state === 'end');
  }

  #data(framed: FramedInPlace): void {
    this.#size -= framed.keep(this.#size);
    if (this.#size === 0) {
      this.#state = 'data-cr';
    }
  }

  #byte(framed: FramedInPlace): void {
    const before = this.#state;
    this.#state = this.#next(framed.next());
    if (this.#state === before) {
      return;
    }
    if (this.#state === 'data') {
      this.#digits = 0;
      this.#dropped = 0;
      framed.write(`${this.#size.toString(16)}\r\n`);
    } else if (before === 'data-lf') {
      framed.write('\r\n');
    } else if (this.#state === 'end') {
      framed.write('0\r\n\r\n');
    }
  }

  #next(byte: number): ChunkState {
    switch (this.#state) {
      case 'size':
        return this.#sizeByte(byte);
      case 'extension':
        return byte === CR ? 'size-end' : this.#drop(byte, 'extension');
      case 'size-end':
        return expect(byte, LF, this.#size > 0 ? 'data' : 'trailer-start');
      case 'data-cr':
        return expect(byte, CR, 'data-lf');
      case 'data-lf':
        return expect(byte, LF, 'size');
      default:
        return this.#nextOfTrailers(byte);
    }
  }

  #nextOfTrailers(byte: number): ChunkState {
    switch (this.#state) {
      case 'trailer-start':
        this.#trailer = '';
        return byte === CR ? 'end-lf' : this.#drop(byte, 'trailer');
      case 'trailer':
        return byte === CR ? this.#trailerEnd() : this.#drop(byte, 'trailer');
      case 'trailer-lf':
        return expect(byte, LF, 'trailer-start');
      default:
        return expect(byte, LF, 'end');
    }
  }

  #sizeByte(byte: number): ChunkState {
    const digit = hexDigit(byte);
    // The next chunk begins with the size of the one before.
    if (digit === 0 && this.#digits > 0 && this.#size === 0) {
      return this.#drop(byte, 'size');
    }
    if (digit !== undefined) {
      this.#size = this.#digits === 0 ? digit : this.#size * 16 + digit;
      this.#digits += 1;
      return this.#digits > MAX_DIGITS ? malformed() : 'size';
    }
    if (this.#digits === 0) {
      malformed();
    }
    return byte === SEMICOLON ? 'extension' : expect(byte, CR, 'size-end');
  }

  #drop(byte: number, state: ChunkState): ChunkState {
    this.#dropped += 1;
    if (this.#dropped > MAX_DROPPED || (byte < 0x20 && byte !== TAB) || byte === 0x7f) {
      malformed();
    }
    if (state === 'trailer') {
      this.#trailer += String.fromCharCode(byte);
    }
    return state;
  }

  #trailerEnd(): ChunkState {
    return TRAILER.test(this.#trailer) ? 'trailer-lf' : malformed();
  }
}

/** Writes a piece of a chunked body in the shortest form to where it was read from. */
class FramedInPlace {
  /** How much was read, and how much of it was written, in bytes. */
  at = 0;
  #to = 0;
  #content = 0;
  #before?: Buffer;

  constructor(private readonly piece: Buffer) {}

  next(): number {
    return this.piece[this.at++] ?? 0;
  }

  /** Keeps data. @returns how much there was, in bytes */
  keep(most: number): number {
    const bytes = Math.min(most, this.piece.length - this.at);
    if (this.#to !== this.at) {
      this.piece.copyWithin(this.#to, this.at, this.at + bytes);
    }
    this.at += bytes;
    this.#to += bytes;
    this.#content += bytes;
    return bytes;
  }

  /** Writes a line. It is never longer than what was read for it, except when that began in an earlier piece. */
  write(line: string): void {
    if (this.#to + line.length <= this.at) {
      this.#to += this.piece.write(line, this.#to, 'latin1');
    } else {
      this.#before = Buffer.from(line, 'latin1');
    }
  }

  result(isComplete: boolean): FramedPiece {
    return {
      before: this.#before,
      body: this.piece.subarray(0, this.#to),
      content: this.#content,
      rest: isComplete ? this.piece.subarray(this.at) : undefined,
    };
  }
}

function expect(byte: number, expected: number, state: ChunkState): ChunkState {
  return byte === expected ? state : malformed();
}

/** Returns the value of a hexadecimal digit in ASCII. */
function hexDigit(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) {
    return byte - 0x30;
  }
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}

function malformed(): never {
  throw new ProxyError('RequestMalformed', 'the request body is not valid: its chunks do not follow RFC 9112');
}
