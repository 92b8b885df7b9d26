export interface CheckResult {
  readonly passed: number;
  readonly failures: readonly string[];
}

/** The checks of one suite. Each has a name, and passes or fails independently of the others. */
export class Checks {
  #passed = 0;
  readonly #failures: string[] = [];

  get result(): CheckResult {
    return { passed: this.#passed, failures: [...this.#failures] };
  }

  /** Runs related checks. An error that ends them early is recorded as a failure, and later parts still run. */
  async part(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(name, error);
    }
  }

  /**
   * Runs one check, which fails if `work` throws, and prints the result.
   *
   * @returns true if it passed
   */
  async check(name: string, work: () => unknown): Promise<boolean> {
    try {
      await work();
    } catch (error) {
      this.#fail(name, error);
      return false;
    }
    this.#passed += 1;
    process.stdout.write(`  ok   ${name}\n`);
    return true;
  }

  #fail(name: string, error: unknown): void {
    this.#failures.push(`${name}: ${(error as Error).message}`);
    process.stdout.write(`  FAIL ${name}\n`);
  }
}

/**
 * Checks that a text contains all parts.
 *
 * @throws Error with the text, when it does not contain a part
 */
export function expectParts(text: string, parts: readonly string[]): void {
  const missing = parts.filter((part) => !text.includes(part));
  if (missing.length > 0) {
    throw new Error(`expected ${missing.map((part) => JSON.stringify(part)).join(', ')} in: ${text.slice(0, 2000)}`);
  }
}

/**
 * Checks that both have the same JSON.
 *
 * @throws Error with both, when they differ
 */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) {
    throw new Error(`${what}: expected ${b}, got ${a}`);
  }
}
