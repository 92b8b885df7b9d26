import { malformed, type TemplateProblem } from '../template-problem';
import { toMessage } from '../values/go-string';
import { type Lexer } from './lexer';
import { type Token, type TokenKind } from './token';

/** Longest part of a token that a message shows, in characters. */
const SHOWN = 20;

/** Tokens with lookahead. A template and the definitions inside it share one stream. */
export class TokenStream {
  readonly #ahead: Token[] = [];

  constructor(private readonly lexer: Lexer) {}

  next(): Token {
    return this.#ahead.shift() ?? this.lexer.next();
  }

  /** Puts tokens back, in the order in which they were read. */
  back(...tokens: Token[]): void {
    this.#ahead.unshift(...tokens);
  }

  peek(): Token {
    const token = this.next();
    this.back(token);
    return token;
  }

  nextWord(): Token {
    for (;;) {
      const token = this.next();
      if (token.kind !== 'space') {
        return token;
      }
    }
  }

  /** Returns the next word without consuming it. Like Go's parser, it consumes the spaces before the word. */
  peekWord(): Token {
    const token = this.nextWord();
    this.back(token);
    return token;
  }

  /**
   * Consumes the next word.
   *
   * @throws TemplateProblem when it is of another kind
   */
  expect(kind: TokenKind, context: string): Token {
    const token = this.nextWord();
    if (token.kind !== kind) {
      throw unexpected(token, context);
    }
    return token;
  }
}

export function unexpected(token: Token, context: string): TemplateProblem {
  const text = toMessage(token.text);
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return malformed(`unexpected ${token.kind === 'EOF' ? 'end of the template' : JSON.stringify(shown)} in ${context}`, token.line);
}
