import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** A test that ran and passed, as `tools/jest-results.cjs` writes it. */
export interface PassedTest {
  /** Path of the spec, relative to the workspace. */
  readonly file: string;
  /** Titles of the enclosing `describe` blocks, then the test's own. */
  readonly titles: readonly string[];
}

/**
 * Reads the results of the latest `nx run-many -t test`, which are from Nx's cache or from a run.
 *
 * @throws Error when no project has results
 */
export async function readPassedTests(directory: string): Promise<PassedTest[]> {
  const files = await readdir(directory).catch(() => [] as string[]);
  if (files.length === 0) {
    throw new Error(`${directory} contains no test results; run: npm test`);
  }
  const texts = await Promise.all(files.map((file) => readFile(path.join(directory, file), 'utf8')));
  return texts.flatMap((text) => JSON.parse(text) as PassedTest[]);
}
