import { malformed, type TemplateProblem } from '../template-problem';
import { decodeRune, toMessage } from '../values/go-string';
import { codePoint, isDigit, isLetter } from '../values/unicode';
import { KEYWORDS, type Keyword, type Token, type TokenKind } from './token';

const LEFT = '{{';
const RIGHT = '}}';
const COMMENT_START = '/*';
const COMMENT_END = '*/';
/** The only characters that count as space around trim markers and between words. */
const isSpace = (character: string): boolean => character !== '' && ' \t\r\n'.includes(character);
const isKeyword = (word: string): word is Keyword => (KEYWORDS as readonly string[]).includes(word);

/** Removes space from the end. A loop, because `/\s*$/` takes quadratic time for long runs of space elsewhere. */
function trimEnd(text: string): string {
  let end = text.length;
  while (isSpace(text.charAt(end - 1))) {
    end--;
  }
  return text.slice(0, end);
}

/** Tokens of one character. */
const SINGLE: Readonly<Record<string, TokenKind>> = { '=': '=', '|': '|' };
/** The token kind of a quoted text, and its name in messages. */
const QUOTED: Readonly<Record<string, { kind: TokenKind; name: string }>> = {
  '"': { kind: 'string', name: 'quoted string' },
  "'": { kind: 'char constant', name: 'character constant' },
};

/**
 * Splits a template into tokens, one at a time, by the rules of Go's text/template/parse (lex.go). The input and all texts
 * are bytes; see go-string.ts.
 */
export class Lexer {
  #at = 0;
  #start = 0;
  #line = 1;
  #insideAction = false;
  #parentheses = 0;

  constructor(private readonly input: string) {}

  /** The line at which the next token is read. */
  get line(): number {
    return this.#line;
  }

  /** @throws TemplateProblem */
  next(): Token {
    return this.#insideAction ? this.#nextInAction() : this.#nextText();
  }

  #nextText(): Token {
    for (;;) {
      const found = this.input.indexOf(LEFT, this.#at);
      const end = found < 0 ? this.input.length : found;
      const rest = this.#textBefore(end, found >= 0);
      if (rest !== undefined) {
        return rest;
      }
      if (found < 0) {
        return this.#token('EOF');
      }
      if (!this.#skipComment()) {
        return this.#leftDelim();
      }
    }
  }

  /** Returns the text before `end`, without the space that a trim marker removes; undefined when nothing is left. */
  #textBefore(end: number, trims: boolean): Token | undefined {
    const text = this.input.slice(this.#at, end);
    const kept = trims && this.#trimsLeft(end + LEFT.length) ? trimEnd(text) : text;
    this.#at += kept.length;
    const token = this.#token('text');
    this.#at = end;
    this.#ignore();
    return kept === '' ? undefined : token;
  }

  #trimsLeft(at: number): boolean {
    return this.input.charAt(at) === '-' && isSpace(this.input.charAt(at + 1));
  }

  /** Skips a comment, if there is one here. */
  #skipComment(): boolean {
    const marker = this.#trimsLeft(this.#at + LEFT.length) ? 2 : 0;
    const begin = this.#at + LEFT.length + marker;
    if (!this.input.startsWith(COMMENT_START, begin)) {
      return false;
    }
    const end = this.input.indexOf(COMMENT_END, begin + COMMENT_START.length);
    if (end < 0) {
      throw this.#error('unclosed comment');
    }
    this.#at = end + COMMENT_END.length;
    if (this.#rightDelimLength() === 0) {
      throw this.#error('comment ends before closing delimiter');
    }
    this.#passRightDelim();
    this.#ignore();
    return true;
  }

  #leftDelim(): Token {
    this.#at += LEFT.length;
    const token = this.#token('left delim');
    if (this.#trimsLeft(this.#at)) {
      this.#at += 2;
    }
    this.#ignore();
    this.#insideAction = true;
    this.#parentheses = 0;
    return token;
  }

  /** Returns the length of the right delimiter with its trim marker; 0 when there is none here. */
  #rightDelimLength(at = this.#at): number {
    const trims = isSpace(this.input.charAt(at)) && this.input.charAt(at + 1) === '-';
    if (trims && this.input.startsWith(RIGHT, at + 2)) {
      return 2 + RIGHT.length;
    }
    return this.input.startsWith(RIGHT, at) ? RIGHT.length : 0;
  }

  #passRightDelim(): void {
    const length = this.#rightDelimLength();
    this.#at += length;
    if (length > RIGHT.length) {
      while (isSpace(this.input.charAt(this.#at))) {
        this.#at++;
      }
    }
  }

  #rightDelim(): Token {
    const token: Token = { kind: 'right delim', text: RIGHT, line: this.#line };
    this.#passRightDelim();
    this.#ignore();
    this.#insideAction = false;
    return token;
  }

  #nextInAction(): Token {
    if (this.#rightDelimLength() > 0) {
      if (this.#parentheses > 0) {
        throw this.#error('unclosed left paren');
      }
      return this.#rightDelim();
    }
    const character = this.input.charAt(this.#at);
    if (character === '') {
      throw this.#error('unclosed action');
    }
    if (isSpace(character)) {
      return this.#space();
    }
    const single = SINGLE[character];
    if (single) {
      return this.#take(1, single);
    }
    return this.#quotedOrParenthesis(character) ?? this.#word(character);
  }

  /** Reads a run of spaces, without the one that belongs to ` -}}`. */
  #space(): Token {
    while (isSpace(this.input.charAt(this.#at))) {
      this.#at++;
    }
    if (this.#rightDelimLength(this.#at - 1) > RIGHT.length) {
      this.#at--;
    }
    return this.#token('space');
  }

  #quotedOrParenthesis(character: string): Token | undefined {
    const quoted = QUOTED[character];
    if (quoted) {
      return this.#quoted(character, quoted.kind, quoted.name);
    }
    if (character === '`') {
      return this.#rawString();
    }
    return character === '(' || character === ')' ? this.#parenthesis(character) : undefined;
  }

  #parenthesis(character: '(' | ')'): Token {
    this.#parentheses += character === '(' ? 1 : -1;
    if (this.#parentheses < 0) {
      throw this.#error('unexpected right paren');
    }
    return this.#take(1, character);
  }

  #quoted(mark: string, kind: TokenKind, name: string): Token {
    this.#at++;
    for (;;) {
      const character = this.input.charAt(this.#at++);
      if (character === mark) {
        return this.#token(kind);
      }
      const escaped = character === '\\' ? this.input.charAt(this.#at++) : character;
      if (escaped === '' || escaped === '\n') {
        throw this.#error(`unterminated ${name}`);
      }
    }
  }

  #rawString(): Token {
    const end = this.input.indexOf('`', this.#at + 1);
    if (end < 0) {
      throw this.#error('unterminated raw quoted string');
    }
    this.#at = end + 1;
    return this.#token('raw string');
  }

  #word(character: string): Token {
    if (character === ':') {
      return this.#declare();
    }
    if (character === '$') {
      return this.#name('variable', 'variable');
    }
    if (character === '.' && !/[0-9]/.test(this.input.charAt(this.#at + 1))) {
      return this.#name('field', 'dot');
    }
    if (/[.+\-0-9]/.test(character)) {
      return this.#number();
    }
    if (this.#alphaNumericAt(this.#at) > 0) {
      return this.#identifier();
    }
    if (/[!-~]/.test(character)) {
      return this.#take(1, 'char');
    }
    throw this.#error(`unrecognized character in action: ${codePoint(decodeRune(this.input, this.#at).code)}`);
  }

  #declare(): Token {
    if (this.input.charAt(this.#at + 1) !== '=') {
      throw this.#error('expected :=');
    }
    return this.#take(2, ':=');
  }

  /** Reads `.name` or `$name`. The sign alone has the kind `alone`. */
  #name(kind: TokenKind, alone: TokenKind): Token {
    this.#at++;
    const named = !this.#atTerminator();
    this.#passAlphaNumeric();
    this.#expectTerminator();
    return this.#token(named ? kind : alone);
  }

  #identifier(): Token {
    this.#passAlphaNumeric();
    this.#expectTerminator();
    const word = this.input.slice(this.#start, this.#at);
    if (isKeyword(word)) {
      return this.#token(word);
    }
    return this.#token(word === 'true' || word === 'false' ? 'bool' : 'identifier');
  }

  /** Reports whether a name may end here. This splits `.X.Y` in two, and refuses `$x+2`. */
  #atTerminator(): boolean {
    const character = this.input.charAt(this.#at);
    return character === '' || isSpace(character) || '.,|:)('.includes(character) || this.input.startsWith(RIGHT, this.#at);
  }

  #expectTerminator(): void {
    if (this.#atTerminator()) {
      return;
    }
    throw this.#error(`bad character ${codePoint(decodeRune(this.input, this.#at).code)}`);
  }

  #passAlphaNumeric(): void {
    for (let size = this.#alphaNumericAt(this.#at); size > 0; size = this.#alphaNumericAt(this.#at)) {
      this.#at += size;
    }
  }

  /** Returns the size in bytes of the letter, digit or underscore here; 0 when there is none. */
  #alphaNumericAt(at: number): number {
    if (at >= this.input.length) {
      return 0;
    }
    const { code, size } = decodeRune(this.input, at);
    return code === 0x5f || isLetter(code) || isDigit(code) ? size : 0;
  }

  #number(): Token {
    if (!this.#passNumber()) {
      throw this.#badNumber();
    }
    if (!/[+-]/.test(this.input.charAt(this.#at))) {
      return this.#token('number');
    }
    if (!this.#passNumber() || this.input.charAt(this.#at - 1) !== 'i') {
      throw this.#badNumber();
    }
    return this.#token('complex');
  }

  /** Moves to the end of a number. Whether the number is valid is checked when it is parsed. */
  #passNumber(): boolean {
    const number =
      /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
    number.lastIndex = this.#at;
    this.#at += number.exec(this.input)?.[0].length ?? 0;
    return this.#alphaNumericAt(this.#at) === 0;
  }

  #badNumber(): TemplateProblem {
    return this.#error(`bad number syntax: "${toMessage(this.input.slice(this.#start, this.#at))}"`);
  }

  #take(length: number, kind: TokenKind): Token {
    this.#at += length;
    return this.#token(kind);
  }

  #token(kind: TokenKind): Token {
    const token: Token = { kind, text: this.input.slice(this.#start, this.#at), line: this.#line };
    this.#ignore();
    return token;
  }

  /** Starts the next token here. */
  #ignore(): void {
    for (let at = this.#start; at < this.#at; at++) {
      if (this.input.charCodeAt(at) === 10) {
        this.#line++;
      }
    }
    this.#start = this.#at;
  }

  #error(reason: string): TemplateProblem {
    return malformed(reason, this.#line);
  }
}
