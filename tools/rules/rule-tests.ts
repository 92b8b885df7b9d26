import { readTable } from '@oci-connector/testing-kit';
import { type PassedTest } from './passed-tests';

/** A row of docs/security-rules.md: a test that enforces a rule. */
export interface RuleTest {
  /** The whole title of a test or `describe` block. `%s` and `%j` stand for the part that differs between cases. */
  readonly title: string;
  readonly file: string;
  /** How the clients of the test address the proxy: `reverse`, `forward`, or `both` if the tested code does not depend on it. */
  readonly mode: string;
}

/** Returns the headings of the rules in docs/security-rules.md, in order. */
export function ruleHeadings(text: string): string[] {
  return text.split('\n').filter((line) => /^## (C\d+ |Rules )/.test(line));
}

/** Returns the tests that docs/security-rules.md names, of all rules or of one. */
export function ruleTests(text: string, headings: readonly string[] = ruleHeadings(text)): RuleTest[] {
  const rows = headings.flatMap((heading) => readTable(text, heading));
  return rows.map((row) => ({ title: row['Test'] ?? '', file: row['File'] ?? '', mode: row['Mode'] ?? '' }));
}

/**
 * Returns the rows for which no test passed. A part of a title proves nothing: another test may contain the same words, and pass when the
 * intended test no longer exists.
 */
export function unproven<T extends Pick<RuleTest, 'title' | 'file'>>(rows: readonly T[], passed: readonly PassedTest[]): T[] {
  return rows.filter(({ title, file }) => {
    const pattern = patternOf(title);
    return title === '' || !passed.some((test) => test.file === file && test.titles.some((text) => pattern.test(text)));
  });
}

function patternOf(title: string): RegExp {
  const literal = title.split(/%[sdij]/).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${literal.join('.+')}$`, 's');
}
