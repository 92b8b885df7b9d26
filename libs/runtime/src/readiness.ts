/** Returns undefined on success, otherwise the problem. The text must not contain a secret: anyone may read /readyz. */
export type ReadinessCheck = () => string | undefined;

/** One line of /readyz. */
export interface ReadinessResult {
  readonly name: string;
  readonly problem: string | undefined;
}

/** Collects the readiness of the parts of a program. The parts register checks, and /readyz calls them. */
export class Readiness {
  readonly #checks = new Map<string, ReadinessCheck>();

  /** Adds a check. It replaces an earlier check of the same name. */
  register(name: string, check: ReadinessCheck): void {
    this.#checks.set(name, check);
  }

  /** Calls every check. A check that throws counts as a problem. */
  report(): ReadinessResult[] {
    return [...this.#checks].map(([name, check]) => {
      try {
        return { name, problem: check() };
      } catch (error) {
        return { name, problem: `check failed: ${(error as Error).message}` };
      }
    });
  }
}
