/** What a check found: undefined when all is well, otherwise what is wrong. Never a secret: anyone may read /readyz. */
export type ReadinessCheck = () => string | undefined;

/** One line of /readyz. */
export interface ReadinessResult {
  readonly name: string;
  readonly problem: string | undefined;
}

/** Collects what the parts of a program say about being able to serve. Parts register; /readyz asks. */
export class Readiness {
  readonly #checks = new Map<string, ReadinessCheck>();

  /** Adds a check; a second one of the same name replaces the first. */
  register(name: string, check: ReadinessCheck): void {
    this.#checks.set(name, check);
  }

  /** Asks every check. A check that throws is a problem, not a crash. */
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
