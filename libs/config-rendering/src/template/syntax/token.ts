/** Kinds of tokens, following text/template/parse. Each keyword is a kind. */
export type TokenKind =
  | 'text'
  | 'left delim'
  | 'right delim'
  | 'space'
  | 'bool'
  | 'char'
  | 'char constant'
  | 'number'
  | 'complex'
  | 'string'
  | 'raw string'
  | 'identifier'
  | 'field'
  | 'variable'
  | '='
  | ':='
  | '|'
  | '('
  | ')'
  | 'dot'
  | 'EOF'
  | Keyword;

export const KEYWORDS = ['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'nil', 'range', 'template', 'with'] as const;
export type Keyword = (typeof KEYWORDS)[number];

export interface Token {
  readonly kind: TokenKind;
  /** The token as written, including delimiters and quotes. */
  readonly text: string;
  /** The line on which it begins, counted from 1. */
  readonly line: number;
}
