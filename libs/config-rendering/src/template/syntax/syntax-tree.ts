/** A node of a template, following text/template/parse. Lines are those of the file, for messages. */
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
  /** The argument. Without it, the template receives no value. */
  readonly pipe?: Pipe;
}

export interface LoopControlNode {
  readonly kind: 'break' | 'continue';
  readonly line: number;
}

/** A pipeline: `$a, $b := command | command`. */
export interface Pipe {
  readonly kind: 'pipe';
  readonly line: number;
  readonly variables: readonly string[];
  /** The pipeline has `=` instead of `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export interface Command {
  readonly line: number;
  /** At least one operand; the first may be a function. */
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

/** A literal. */
export type ConstantOperand = Extract<Operand, { kind: 'bool' | 'string' | 'number' }>;

/** A numeric constant, in each type that can represent it. */
export interface NumberOperand {
  readonly kind: 'number';
  readonly text: string;
  readonly int?: bigint;
  readonly float: number;
  /** The constant is written as a float. Where any type is allowed, it then becomes a float. */
  readonly isFloat: boolean;
}
