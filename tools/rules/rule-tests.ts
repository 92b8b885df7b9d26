import { readTable } from '@oci-connector/testing-kit';
import { type PassedTest } from './passed-tests';

/** A row of docs/security-rules.md: a test that holds a rule. */
export interface RuleTest {
  /** The whole title of a test or of a `describe` block; `%s` and the like stand for what differs from case to case. */
  readonly title: string;
  readonly file: string;
}

/** The headings of the rules in docs/security-rules.md, in order. */
export function ruleHeadings(text: string): string[] {
  return text.split('\n').filter((line) => /^## (C\d+ |Rules )/.test(line));
}

/** The tests that docs/security-rules.md names. */
export function ruleTests(text: string): RuleTest[] {
  const rows = ruleHeadings(text).flatMap((heading) => readTable(text, heading));
  return rows.map((row) => ({ title: row['Test'] ?? '', file: row['File'] ?? '' }));
}

/**
 * The rows for which no test passed. A part of a title proves nothing: another test may have the same words, and pass when the one that was
 * meant is gone.
 */
export function unproven(rows: readonly RuleTest[], passed: readonly PassedTest[]): RuleTest[] {
  return rows.filter(({ title, file }) => {
    const pattern = patternOf(title);
    return title === '' || !passed.some((test) => test.file === file && test.titles.some((text) => pattern.test(text)));
  });
}

function patternOf(title: string): RegExp {
  const literal = title.split(/%[sdij]/).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${literal.join('.+')}$`, 's');
}
