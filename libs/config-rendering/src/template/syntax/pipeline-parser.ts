import { MAX_SYNTAX_DEPTH, MAX_VARIABLES } from '../render-limits';
import { exceeded, malformed } from '../template-problem';
import { toMessage } from '../values/go-string';
import { characterConstant, numberConstant } from './number-constant';
import { type Command, type Operand, type Pipe } from './syntax-tree';
import { type Token, type TokenKind } from './token';
import { unexpected, type TokenStream } from './token-stream';
import { unquote } from './unquote';

/**
 * Checks a function name while the template is parsed, even if the function is never called.
 *
 * @throws TemplateProblem when there is no such function
 */
export type CheckFunction = (name: string, line: number) => void;

const OPERAND_STARTS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bool',
  'char constant',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw string',
  'string',
  'variable',
  '(',
]);

/** Operands that are not allowed after a `|`. */
const NOT_EXECUTABLE: ReadonlySet<Operand['kind']> = new Set<Operand['kind']>(['bool', 'dot', 'nil', 'number', 'string']);

/** Parses the pipeline between the delimiters, and keeps the variables that are defined at that place. */
export class PipelineParser {
  /** Variables defined so far. The tree parser shortens the list at the end of a block. */
  readonly variables = ['$'];
  #depth = 0;

  constructor(
    private readonly tokens: TokenStream,
    private readonly checkFunction: CheckFunction,
  ) {}

  /** Parses a pipeline. Two variables may be declared only when `context` is `range`. */
  pipeline(context: string, end: TokenKind): Pipe {
    const { line } = this.tokens.peekWord();
    const declaration = this.#declaration(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.tokens.nextWord();
      if (token.kind === end) {
        break;
      }
      if (!OPERAND_STARTS.has(token.kind)) {
        throw unexpected(token, context);
      }
      this.tokens.back(token);
      commands.push(this.#command());
    }
    checkCommands(commands, context, line);
    return { kind: 'pipe', line, ...declaration, commands };
  }

  #declaration(context: string): Pick<Pipe, 'variables' | 'assigns'> {
    const variables: string[] = [];
    for (;;) {
      const variable = this.#variableBefore(['=', ':=', ',']);
      // `range $i, $x` declares `$i` and ranges over `$x`, as in Go.
      if (variable === undefined) {
        return { variables, assigns: false };
      }
      const operator = this.tokens.nextWord();
      variables.push(variable.text);
      this.variables.push(variable.text);
      if (this.variables.length > MAX_VARIABLES) {
        throw exceeded(`more than ${MAX_VARIABLES} variables`).at(variable.line);
      }
      if (operator.text !== ',') {
        return { variables, assigns: operator.kind === '=' };
      }
      this.#checkSecond(variables, context, variable.line);
    }
  }

  /** Returns the variable here if one of the operators follows it; otherwise consumes nothing. */
  #variableBefore(operators: readonly string[]): Token | undefined {
    const first = this.tokens.peekWord();
    if (first.kind !== 'variable') {
      return undefined;
    }
    this.tokens.next();
    const after = this.tokens.peek();
    if (operators.includes(this.tokens.peekWord().text)) {
      return first;
    }
    if (after.kind === 'space') {
      this.tokens.back(after);
    }
    this.tokens.back(first);
    return undefined;
  }

  #checkSecond(variables: readonly string[], context: string, line: number): void {
    if (context !== 'range' || variables.length > 1) {
      throw malformed(`too many declarations in ${context}`, line);
    }
    const { kind } = this.tokens.peekWord();
    if (!['variable', 'right delim', ')'].includes(kind)) {
      throw malformed('range can only initialize variables', line);
    }
  }

  #command(): Command {
    const { line } = this.tokens.peekWord();
    const operands: Operand[] = [];
    for (;;) {
      this.tokens.peekWord();
      const operand = this.#operand();
      if (operand) {
        operands.push(operand);
      }
      const token = this.tokens.next();
      if (token.kind === 'space') {
        continue;
      }
      if (token.kind === 'right delim' || token.kind === ')') {
        this.tokens.back(token);
      } else if (token.kind !== '|') {
        throw unexpected(token, 'operand');
      }
      break;
    }
    const [first, ...others] = operands;
    if (first === undefined) {
      throw malformed('empty command', line);
    }
    return { line, operands: [first, ...others] };
  }

  /** Parses a term and the fields after it. */
  #operand(): Operand | undefined {
    const term = this.#term();
    if (term === undefined || this.tokens.peek().kind !== 'field') {
      return term;
    }
    const fields: string[] = [];
    const { line } = this.tokens.peek();
    while (this.tokens.peek().kind === 'field') {
      fields.push(this.tokens.next().text.slice(1));
    }
    if (term.kind === 'field' || term.kind === 'variable') {
      return { ...term, fields: [...term.fields, ...fields] };
    }
    if (NOT_EXECUTABLE.has(term.kind)) {
      throw malformed('unexpected . after a constant', line);
    }
    return { kind: 'chain', on: term, fields };
  }

  #term(): Operand | undefined {
    const token = this.tokens.nextWord();
    const parse = TERMS[token.kind];
    if (parse) {
      return parse(token);
    }
    if (token.kind === 'identifier') {
      return this.#function(token);
    }
    if (token.kind === 'variable') {
      return this.#variable(token);
    }
    if (token.kind === '(') {
      return this.#parenthesis(token);
    }
    this.tokens.back(token);
    return undefined;
  }

  #function({ text, line }: Token): Operand {
    this.checkFunction(text, line);
    return { kind: 'function', name: text, line };
  }

  #variable({ text, line }: Token): Operand {
    if (!this.variables.includes(text)) {
      throw malformed(`undefined variable "${toMessage(text)}"`, line);
    }
    return { kind: 'variable', name: text, fields: [] };
  }

  #parenthesis({ line }: Token): Operand {
    if (++this.#depth > MAX_SYNTAX_DEPTH) {
      throw exceeded(`parentheses nested more than ${MAX_SYNTAX_DEPTH} deep`).at(line);
    }
    const pipe = this.pipeline('parenthesized pipeline', ')');
    this.#depth--;
    return pipe;
  }
}

function checkCommands(commands: readonly Command[], context: string, line: number): void {
  if (commands.length === 0) {
    throw malformed(`missing value for ${context}`, line);
  }
  const stage = commands.findIndex(({ operands }, index) => index > 0 && NOT_EXECUTABLE.has(operands[0].kind));
  if (stage > 0) {
    throw malformed(`non executable command in pipeline stage ${stage + 1}`, commands[stage]?.line ?? line);
  }
}

/** Terms that consist of one token. */
const TERMS: Readonly<Partial<Record<TokenKind, (token: Token) => Operand>>> = {
  dot: () => ({ kind: 'dot' }),
  nil: () => ({ kind: 'nil' }),
  bool: ({ text }) => ({ kind: 'bool', value: text === 'true' }),
  field: ({ text }) => ({ kind: 'field', fields: [text.slice(1)] }),
  string: (token) => ({ kind: 'string', value: unquoted(token) }),
  'raw string': (token) => ({ kind: 'string', value: unquoted(token) }),
  number: (token) => numberConstant(token.text) ?? illegal(token),
  complex: (token) => numberConstant(token.text) ?? illegal(token),
  'char constant': (token) => characterConstant(token.text) ?? illegal(token),
};

/** Returns the text of a quoted string. */
export function unquoted(token: Token): string {
  return unquote(token.text) ?? illegal(token);
}

function illegal({ text, line }: Token): never {
  throw malformed(`illegal constant ${toMessage(text)}`, line);
}
