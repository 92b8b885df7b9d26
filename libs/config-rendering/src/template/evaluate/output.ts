import { exceeded } from '../template-problem';

/** The rendered file as it grows, in bytes. */
export class Output {
  readonly #parts: string[] = [];
  #length = 0;

  constructor(private readonly limit: number) {}

  /** @throws TemplateProblem (LimitExceeded) */
  write(bytes: string): void {
    this.#length += bytes.length;
    if (this.#length > this.limit) {
      throw exceeded(`an output of more than ${this.limit} bytes`);
    }
    this.#parts.push(bytes);
  }

  toString(): string {
    return this.#parts.join('');
  }
}
