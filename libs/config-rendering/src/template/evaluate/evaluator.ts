import { type Budget } from '../budget';
import { formatPlain } from '../format/format-value';
import { MAX_TEMPLATE_DEPTH } from '../render-limits';
import { type Templates } from '../syntax/parser';
import { type BranchNode, type Node, type TemplateNode } from '../syntax/syntax-tree';
import { exceeded, failed, TemplateProblem } from '../template-problem';
import { toMessage } from '../values/go-string';
import { goInt, GoInt, GoList, GoMap, isTrue, typeName, type GoValue } from '../values/go-value';
import { type Output } from './output';
import { Pipelines } from './pipelines';
import { Scope } from './scope';

/** The statement that left a list of nodes before its end. */
type Left = 'break' | 'continue' | undefined;

/** State that all templates of one rendering share. */
export interface Rendering {
  readonly templates: Templates;
  readonly output: Output;
  readonly budget: Budget;
}

/** The output of a missing key, as in Go with its default option missingkey=default. */
const NO_VALUE = '<no value>';

/** Executes one call of a template. */
export class Evaluator {
  readonly #scope: Scope;
  readonly #pipelines: Pipelines;

  constructor(
    private readonly rendering: Rendering,
    private readonly dot: GoValue,
    private readonly depth = 0,
  ) {
    this.#scope = new Scope(dot);
    this.#pipelines = new Pipelines(this.#scope, rendering.budget);
  }

  /** @throws TemplateProblem with its line */
  run(name: string): void {
    const nodes = this.rendering.templates.get(name);
    if (nodes === undefined) {
      throw failed(`template "${toMessage(name)}" not defined`);
    }
    try {
      this.#list(this.dot, nodes);
    } catch (error) {
      throw error instanceof TemplateProblem ? error.at(this.#pipelines.line) : error;
    }
  }

  #list(dot: GoValue, nodes: readonly Node[]): Left {
    for (const node of nodes) {
      const left = this.#node(dot, node);
      if (left) {
        return left;
      }
    }
    return undefined;
  }

  #node(dot: GoValue, node: Node): Left {
    this.rendering.budget.step();
    if (node.kind !== 'text') {
      this.#pipelines.line = node.line;
    }
    switch (node.kind) {
      case 'text':
        this.rendering.output.write(node.text);
        return undefined;
      case 'action':
        this.#print(this.#pipelines.pipeline(dot, node.pipe), node.pipe.variables.length > 0);
        return undefined;
      case 'range':
        return this.#scoped(() => this.#range(dot, node));
      case 'if':
      case 'with':
        return this.#scoped(() => this.#branch(dot, node));
      case 'template':
        this.#template(dot, node);
        return undefined;
      default:
        return node.kind;
    }
  }

  #print(value: GoValue, declares: boolean): void {
    if (declares) {
      return;
    }
    this.rendering.output.write(value === undefined || value === null ? NO_VALUE : formatPlain(value, this.rendering.budget));
  }

  /** Runs the work, then drops the variables that it declared. */
  #scoped(work: () => Left): Left {
    const { mark } = this.#scope;
    const left = work();
    this.#scope.release(mark);
    return left;
  }

  #branch(dot: GoValue, { kind, pipe, list, otherwise = [] }: BranchNode): Left {
    const value = this.#pipelines.pipeline(dot, pipe);
    if (!isTrue(value)) {
      return this.#list(dot, otherwise);
    }
    return this.#list(kind === 'with' ? value : dot, list);
  }

  #range(dot: GoValue, node: BranchNode): Left {
    const value = this.#pipelines.pipeline(dot, node.pipe);
    let any = false;
    for (const [key, item] of entriesOf(value, node.pipe.variables.length, this.rendering.budget)) {
      any = true;
      if (this.#iteration(node, key, item) === 'break') {
        return undefined;
      }
    }
    return any ? undefined : this.#list(dot, node.otherwise ?? []);
  }

  #iteration({ pipe: { variables, assigns }, list }: BranchNode, key: GoValue, item: GoValue): Left {
    const [first, second] = variables;
    this.rendering.budget.step();
    if (first !== undefined && assigns) {
      this.#scope.set(first, second === undefined ? item : key);
    }
    if (second !== undefined && assigns) {
      this.#scope.set(second, item);
    }
    if (first !== undefined && !assigns) {
      this.#scope.setTop(1, item);
    }
    if (second !== undefined && !assigns) {
      this.#scope.setTop(2, key);
    }
    return this.#scoped(() => this.#list(item, list));
  }

  /** Calls a template, which sees only its argument. */
  #template(dot: GoValue, { name, pipe }: TemplateNode): void {
    if (this.depth >= MAX_TEMPLATE_DEPTH) {
      throw exceeded(`templates that call each other more than ${MAX_TEMPLATE_DEPTH} deep`);
    }
    const argument = pipe && this.#pipelines.pipeline(dot, pipe);
    new Evaluator(this.rendering, argument, this.depth + 1).run(name);
  }
}

/** Yields what `range` visits: index or key, and element. */
function* entriesOf(value: GoValue, variables: number, budget: Budget): Generator<[GoValue, GoValue]> {
  if (value === undefined || value === null) {
    return;
  }
  if (value instanceof GoMap) {
    yield* sortedEntries(value, budget);
  } else if (value instanceof GoList) {
    for (let index = 0; index < value.items.length; index++) {
      yield [goInt(index), value.items[index]];
    }
  } else if (value instanceof GoInt && variables < 2) {
    for (let n = 0n; n < value.value; n++) {
      yield [undefined, new GoInt(n, value.type)];
    }
  } else if (value instanceof GoInt) {
    throw failed("can't use an integer to iterate over more than one variable");
  } else {
    throw failed(`range can't iterate over a ${typeName(value)}`);
  }
}

/** Sorts all entries first, even if the loop visits only a few of them. */
function sortedEntries(map: GoMap, budget: Budget): [string, GoValue][] {
  budget.entries(map.entries.size);
  return map.sorted();
}
