import { MAX_SYNTAX_DEPTH } from '../render-limits';
import { exceeded, malformed, TemplateProblem } from '../template-problem';
import { runesOf, toMessage } from '../values/go-string';
import { isSpace } from '../values/unicode';
import { Lexer } from './lexer';
import { PipelineParser, unquoted, type CheckFunction } from './pipeline-parser';
import { type BranchNode, type Node, type TemplateNode } from './syntax-tree';
import { type Token } from './token';
import { TokenStream, unexpected } from './token-stream';

/** Templates by name: the file itself and the templates that it defines. */
export type Templates = ReadonlyMap<string, readonly Node[]>;

/**
 * Parses the text of a file: the template `name`, and all templates that it defines.
 *
 * @throws TemplateProblem when the text is not a template
 */
export function parseTemplates(name: string, text: string, checkFunction: CheckFunction): Templates {
  const templates = new Map<string, readonly Node[]>();
  const lexer = new Lexer(text);
  try {
    new TreeParser(new TokenStream(lexer), checkFunction, templates).parseFile(name);
  } catch (error) {
    throw error instanceof TemplateProblem ? error.at(lexer.line) : error;
  }
  return templates;
}

/** The action that ended a list of nodes. */
type Ending = { readonly kind: 'end' | 'else'; readonly line: number };
type Parsed = Node | Ending;

const isEnding = (parsed: Parsed): parsed is Ending => parsed.kind === 'end' || parsed.kind === 'else';

/** Parses one template. A definition inside it has its own variables and loops, but shares the tokens. */
class TreeParser {
  readonly #pipelines: PipelineParser;
  #ranges = 0;

  constructor(
    private readonly tokens: TokenStream,
    private readonly checkFunction: CheckFunction,
    private readonly templates: Map<string, readonly Node[]>,
    private depth = 0,
  ) {
    this.#pipelines = new PipelineParser(tokens, checkFunction);
  }

  parseFile(name: string): void {
    const nodes: Node[] = [];
    for (let token = this.tokens.peek(); token.kind !== 'EOF'; token = this.tokens.peek()) {
      if (this.#parseDefinition()) {
        continue;
      }
      const parsed = this.#textOrAction();
      if (isEnding(parsed)) {
        throw malformed(`unexpected {{${parsed.kind}}}`, parsed.line);
      }
      nodes.push(parsed);
    }
    this.#add(name, nodes, 1);
  }

  /** Parses `{{define "name"}}`, which is allowed only at the top level. */
  #parseDefinition(): boolean {
    const delim = this.tokens.peek();
    if (delim.kind !== 'left delim') {
      return false;
    }
    this.tokens.next();
    const keyword = this.tokens.nextWord();
    if (keyword.kind !== 'define') {
      this.tokens.back(delim, keyword);
      return false;
    }
    const name = this.#templateName('define clause');
    this.tokens.expect('right delim', 'define clause');
    this.#inner().#addBody(name, 'define clause', delim.line);
    return true;
  }

  #inner(): TreeParser {
    return new TreeParser(this.tokens, this.checkFunction, this.templates, this.depth + 1);
  }

  #addBody(name: string, context: string, line: number): void {
    const { nodes, ending } = this.#list();
    if (ending.kind !== 'end') {
      throw malformed(`unexpected {{else}} in ${context}`, ending.line);
    }
    this.#add(name, nodes, line);
  }

  /** Adds a template. It replaces a template of the same name that contains only space. */
  #add(name: string, nodes: readonly Node[], line: number): void {
    const known = this.templates.get(name);
    if (known === undefined || isBlank(known)) {
      this.templates.set(name, nodes);
    } else if (!isBlank(nodes)) {
      throw malformed(`template "${toMessage(name)}" is defined twice`, line);
    }
  }

  #list(): { nodes: Node[]; ending: Ending } {
    const nodes: Node[] = [];
    for (;;) {
      const parsed = this.#textOrAction();
      if (isEnding(parsed)) {
        return { nodes, ending: parsed };
      }
      nodes.push(parsed);
    }
  }

  #textOrAction(): Parsed {
    const token = this.tokens.nextWord();
    if (token.kind === 'text') {
      return { kind: 'text', text: token.text };
    }
    if (token.kind !== 'left delim') {
      throw unexpected(token, 'input');
    }
    return this.#action();
  }

  #action(): Parsed {
    const token = this.tokens.nextWord();
    switch (token.kind) {
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(token.kind, token.line);
      case 'end':
        this.tokens.expect('right delim', 'end');
        return { kind: 'end', line: token.line };
      case 'else':
        return this.#else(token.line);
      case 'break':
      case 'continue':
        return this.#loopControl(token.kind, token.line);
      case 'block':
      case 'template':
        return this.#template(token);
      default:
        this.tokens.back(token);
        return { kind: 'action', line: token.line, pipe: this.#pipelines.pipeline('command', 'right delim') };
    }
  }

  #else(line: number): Ending {
    // The enclosing block parses the `if` or `with` that follows.
    const { kind } = this.tokens.peekWord();
    if (kind !== 'if' && kind !== 'with') {
      this.tokens.expect('right delim', 'else');
    }
    return { kind: 'else', line };
  }

  #loopControl(kind: 'break' | 'continue', line: number): Node {
    const token = this.tokens.nextWord();
    if (token.kind !== 'right delim') {
      throw unexpected(token, `{{${kind}}}`);
    }
    if (this.#ranges === 0) {
      throw malformed(`{{${kind}}} outside {{range}}`, line);
    }
    return { kind, line };
  }

  #branch(kind: BranchNode['kind'], line: number): BranchNode {
    if (++this.depth > MAX_SYNTAX_DEPTH) {
      throw exceeded(`blocks nested more than ${MAX_SYNTAX_DEPTH} deep`).at(line);
    }
    const defined = this.#pipelines.variables.length;
    const pipe = this.#pipelines.pipeline(kind, 'right delim');
    if (kind === 'range') {
      this.#ranges++;
    }
    const { nodes: list, ending } = this.#list();
    if (kind === 'range') {
      this.#ranges--;
    }
    const otherwise = ending.kind === 'else' ? this.#otherwise(kind) : undefined;
    this.#pipelines.variables.length = defined;
    this.depth--;
    return { kind, line, pipe, list, otherwise };
  }

  #otherwise(kind: BranchNode['kind']): readonly Node[] {
    // After `{{else if …}}`, one end closes both.
    const next = this.tokens.peek();
    if (kind !== 'range' && next.kind === kind) {
      this.tokens.next();
      return [this.#branch(kind, next.line)];
    }
    const { nodes, ending } = this.#list();
    if (ending.kind !== 'end') {
      throw malformed('expected end; found {{else}}', ending.line);
    }
    return nodes;
  }

  #template({ kind, line }: Token): TemplateNode {
    const context = `${kind} clause`;
    const name = this.#templateName(context);
    if (kind === 'template' && this.tokens.peekWord().kind === 'right delim') {
      this.tokens.nextWord();
      return { kind: 'template', line, name };
    }
    const pipe = this.#pipelines.pipeline(context, 'right delim');
    if (kind === 'block') {
      if (this.depth >= MAX_SYNTAX_DEPTH) {
        throw exceeded(`blocks nested more than ${MAX_SYNTAX_DEPTH} deep`).at(line);
      }
      this.#inner().#addBody(name, context, line);
    }
    return { kind: 'template', line, name, pipe };
  }

  #templateName(context: string): string {
    const token = this.tokens.nextWord();
    if (token.kind !== 'string' && token.kind !== 'raw string') {
      throw unexpected(token, context);
    }
    return unquoted(token);
  }
}

function isBlank(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.kind === 'text' && isBlankText(node.text));
}

function isBlankText(text: string): boolean {
  for (const { code } of runesOf(text)) {
    if (!isSpace(code)) {
      return false;
    }
  }
  return true;
}
