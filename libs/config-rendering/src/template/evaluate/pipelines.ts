import { type Budget } from '../budget';
import { FUNCTIONS } from '../functions/functions';
import { type Parameter, type TemplateFunction } from '../functions/template-function';
import { type Command, type Operand, type Pipe } from '../syntax/syntax-tree';
import { failed } from '../template-problem';
import { toMessage } from '../values/go-string';
import { GoList, GoMap, isTrue, typeName, type GoValue } from '../values/go-value';
import { asParameter, constant, constantAs, type Argument } from './arguments';
import { type Scope } from './scope';

/** Result of the previous command of a pipeline, which becomes the last argument. Undefined for the first command. */
type Final = { readonly value: GoValue } | undefined;
type Operands = readonly Operand[];

/** Evaluates pipelines, commands and operands, following text/template's exec.go. */
export class Pipelines {
  /** The line that is being evaluated, for messages. */
  line = 1;

  constructor(
    private readonly scope: Scope,
    private readonly budget: Budget,
    line = 1,
  ) {
    this.line = line;
  }

  /** Evaluates a pipeline, and declares or assigns its variables. */
  pipeline(dot: GoValue, pipe: Pipe): GoValue {
    let final: Final;
    for (const command of pipe.commands) {
      this.line = command.line;
      // As in Go, a nil inside an interface counts as no value from here on.
      final = { value: this.#command(dot, command, final) ?? undefined };
    }
    for (const name of pipe.variables) {
      if (pipe.assigns) {
        this.scope.set(name, final?.value);
      } else {
        this.scope.push(name, final?.value);
      }
    }
    return final?.value;
  }

  #command(dot: GoValue, { operands }: Command, final: Final): GoValue {
    this.budget.step();
    const [first, ...others] = operands;
    if (first.kind === 'function') {
      return this.#call(dot, first.name, others, final);
    }
    if (first.kind === 'nil') {
      throw failed('nil is not a command');
    }
    return others.length > 0 || final ? this.#withArguments(dot, first) : this.#operand(dot, first);
  }

  /** Evaluates an operand that is not a function but has arguments. Go allows that only for a field of no value. */
  #withArguments(dot: GoValue, operand: Exclude<Operand, { kind: 'nil' }>): undefined {
    const fields = 'fields' in operand ? operand.fields : [];
    const receiver = fields.length > 0 ? this.#operand(dot, { ...operand, fields: fields.slice(0, -1) } as typeof operand) : null;
    if (receiver !== undefined) {
      throw failed("can't give arguments to a non-function");
    }
  }

  /** Evaluates an operand without arguments. */
  #operand(dot: GoValue, operand: Exclude<Operand, { kind: 'nil' }>): GoValue {
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'field':
        return this.#fields(dot, operand.fields);
      case 'variable':
        return this.#fields(this.scope.get(operand.name), operand.fields);
      case 'chain':
        return this.#fields(this.#chained(dot, operand.on), operand.fields);
      case 'pipe':
        return this.pipeline(dot, operand);
      case 'function':
        return this.#call(dot, operand.name, [], undefined);
      default:
        return constant(operand);
    }
  }

  #chained(dot: GoValue, on: Operand): GoValue {
    if (on.kind === 'nil') {
      throw failed('indirection through explicit nil');
    }
    return this.#operand(dot, on);
  }

  #fields(value: GoValue, names: readonly string[]): GoValue {
    return names.reduce<GoValue>((receiver, name) => this.#field(receiver, name), value);
  }

  /** Returns the value of a map's key. Nothing else has fields: values have no methods, and lists have no fields. */
  #field(receiver: GoValue, name: string): GoValue {
    this.budget.step();
    if (receiver === undefined) {
      return undefined;
    }
    if (receiver instanceof GoMap) {
      return receiver.entries.get(name);
    }
    if (receiver === null) {
      throw failed(`nil pointer evaluating interface {}.${toMessage(name)}`);
    }
    throw failed(`can't evaluate field ${toMessage(name)} in type ${typeName(receiver)}`);
  }

  #call(dot: GoValue, name: string, operands: Operands, final: Final): GoValue {
    const { line } = this;
    if (name === 'and' || name === 'or') {
      return this.#shortCircuit(dot, name, operands, final);
    }
    const called = FUNCTIONS.get(name);
    if (called === undefined) {
      throw failed(`function "${name}" is not defined`);
    }
    checkCount(name, called, operands.length + (final ? 1 : 0));
    const args = operands.map((operand, index) => this.#argument(dot, operand, parameterAt(called, index)));
    if (final) {
      args.push(asParameter(final.value, parameterAt(called, operands.length)));
    }
    this.line = line;
    return this.#run(called, args);
  }

  /** Calls a function and counts the size of its arguments and result. The function itself counts intermediate values. */
  #run(called: TemplateFunction, args: readonly Argument[]): GoValue {
    for (const argument of args) {
      this.#pay(argument);
    }
    const result = called.run(args as readonly GoValue[], this.budget);
    this.#pay(result);
    return result;
  }

  #pay(value: Argument): void {
    if (typeof value === 'string') {
      this.budget.bytes(value.length);
    } else if (value instanceof GoList) {
      this.budget.entries(value.items.length);
    } else if (value instanceof GoMap) {
      this.budget.entries(value.entries.size);
    }
  }

  #argument(dot: GoValue, operand: Operand, parameter: Parameter): Argument {
    switch (operand.kind) {
      case 'nil':
      case 'bool':
      case 'string':
      case 'number':
        return constantAs(operand, parameter);
      default:
        return asParameter(this.#operand(dot, operand), parameter);
    }
  }

  /** Evaluates `and` or `or`: returns the argument that decides, and does not evaluate the ones after it. */
  #shortCircuit(dot: GoValue, name: 'and' | 'or', operands: Operands, final: Final): GoValue {
    if (operands.length === 0 && !final) {
      throw failed(`wrong number of args for ${name}: want at least 1 got 0`);
    }
    let value: GoValue;
    for (const operand of operands) {
      value = this.#argument(dot, operand, 'value') as GoValue;
      if (isTrue(value) === (name === 'or')) {
        return value;
      }
    }
    return final ? final.value : value;
  }
}

function parameterAt({ parameters, rest }: TemplateFunction, index: number): Parameter {
  return parameters[index] ?? rest ?? 'any';
}

function checkCount(name: string, { parameters, rest }: TemplateFunction, count: number): void {
  const enough = rest ? count >= parameters.length : count === parameters.length;
  if (enough) {
    return;
  }
  throw failed(`wrong number of args for ${name}: want ${rest ? 'at least ' : ''}${parameters.length} got ${count}`);
}
