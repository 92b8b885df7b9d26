import { failed } from '../template-problem';
import { toMessage } from '../values/go-string';
import { type GoValue } from '../values/go-value';

interface Variable {
  readonly name: string;
  value: GoValue;
}

/** The variables of one call of a template: a stack, because an inner variable may hide an outer one of the same name. */
export class Scope {
  readonly #variables: Variable[];

  constructor(dollar: GoValue) {
    this.#variables = [{ name: '$', value: dollar }];
  }

  push(name: string, value: GoValue): void {
    this.#variables.push({ name, value });
  }

  /** Number of variables at this moment, for {@link release}. */
  get mark(): number {
    return this.#variables.length;
  }

  /** Drops the variables that were pushed since the mark was read. */
  release(mark: number): void {
    this.#variables.length = mark;
  }

  get(name: string): GoValue {
    return this.#find(name).value;
  }

  set(name: string, value: GoValue): void {
    this.#find(name).value = value;
  }

  /** Sets the n-th variable from the top, counted from 1. */
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
