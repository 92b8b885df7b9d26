export interface CheckResult {
  readonly passed: number;
  readonly failures: readonly string[];
}

/** Checks of one suite: each has a name and passes or fails by itself, so that one failure hides no other. */
export class Checks {
  #passed = 0;
  readonly #failures: string[] = [];

  get result(): CheckResult {
    return { passed: this.#passed, failures: [...this.#failures] };
  }

  /** Runs checks that belong together: what ends them early fails as well, and whatever comes after them is still run. */
  async part(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(name, error);
    }
  }

  /** Runs one check; it fails by throwing. Says so as it goes. True when it passed. */
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

/** @throws Error that shows the text, unless it holds every part */
export function expectParts(text: string, parts: readonly string[]): void {
  const missing = parts.filter((part) => !text.includes(part));
  if (missing.length > 0) {
    throw new Error(`expected ${missing.map((part) => JSON.stringify(part)).join(', ')} in: ${text.slice(0, 2000)}`);
  }
}

/** @throws Error unless both are the same */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) {
    throw new Error(`${what}: expected ${b}, got ${a}`);
  }
}
