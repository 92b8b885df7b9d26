/** Kinds of tokens, after text/template/parse. Keywords stand for themselves. */
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
  /** As written, delimiters and quotes included. */
  readonly text: string;
  /** Where it begins, counted from 1. */
  readonly line: number;
}
