import { failed } from '../template-problem';
import { toMessage } from '../values/go-string';
import { type GoValue } from '../values/go-value';

interface Variable {
  readonly name: string;
  value: GoValue;
}

/** The variables of one call of a template: a stack, because an inner one may hide an outer one of its name. */
export class Scope {
  readonly #variables: Variable[];

  constructor(dollar: GoValue) {
    this.#variables = [{ name: '$', value: dollar }];
  }

  push(name: string, value: GoValue): void {
    this.#variables.push({ name, value });
  }

  /** For {@link release}. */
  get mark(): number {
    return this.#variables.length;
  }

  /** Forgets what was pushed since. */
  release(mark: number): void {
    this.#variables.length = mark;
  }

  get(name: string): GoValue {
    return this.#find(name).value;
  }

  set(name: string, value: GoValue): void {
    this.#find(name).value = value;
  }

  /** The n-th variable from the top, counted from 1. */
  setTop(n: number, value: GoValue): void {
    const variable = this.#variables.at(-n);
    if (variable) {
      variable.value = value;
    }
  }

  #find(name: string): Variable {
    const found = this.#variables.findLast((variable) => variable.name === name);
    if (found === undefined) {
      throw failed(`undefined variable ${toMessage(name)}`);
    }
    return found;
  }
}
