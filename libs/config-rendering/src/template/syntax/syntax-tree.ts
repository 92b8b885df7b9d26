/** What a template is made of, after text/template/parse. Lines are those of the file, for messages. */
export type Node = TextNode | ActionNode | BranchNode | TemplateNode | LoopControlNode;

export interface TextNode {
  readonly kind: 'text';
  readonly text: string;
}

export interface ActionNode {
  readonly kind: 'action';
  readonly line: number;
  readonly pipe: Pipe;
}

export interface BranchNode {
  readonly kind: 'if' | 'with' | 'range';
  readonly line: number;
  readonly pipe: Pipe;
  readonly list: readonly Node[];
  readonly otherwise?: readonly Node[];
}

export interface TemplateNode {
  readonly kind: 'template';
  readonly line: number;
  readonly name: string;
  /** Without one the template gets no value. */
  readonly pipe?: Pipe;
}

export interface LoopControlNode {
  readonly kind: 'break' | 'continue';
  readonly line: number;
}

/** `$a, $b := command | command`. */
export interface Pipe {
  readonly kind: 'pipe';
  readonly line: number;
  readonly variables: readonly string[];
  /** `=` in place of `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export interface Command {
  readonly line: number;
  /** At least one; the first may be a function. */
  readonly operands: readonly [Operand, ...Operand[]];
}

/** One word of a command. */
export type Operand =
  | { readonly kind: 'dot' }
  | { readonly kind: 'nil' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | NumberOperand
  | { readonly kind: 'function'; readonly name: string; readonly line: number }
  | { readonly kind: 'field'; readonly fields: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly fields: readonly string[] }
  | { readonly kind: 'chain'; readonly on: Operand; readonly fields: readonly string[] }
  | Pipe;

/** What stands for itself. */
export type ConstantOperand = Extract<Operand, { kind: 'bool' | 'string' | 'number' }>;

/** A constant, in each type that can hold it. */
export interface NumberOperand {
  readonly kind: 'number';
  readonly text: string;
  readonly int?: bigint;
  readonly float: number;
  /** Written as a float: what it is where any type will do. */
  readonly isFloat: boolean;
}
