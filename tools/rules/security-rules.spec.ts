import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readTable } from '@oci-connector/testing-kit';
import { ruleHeadings, ruleTests } from './rule-tests';

const WORKSPACE = path.join(__dirname, '../..');
const TEXT = readFileSync(path.join(WORKSPACE, 'docs/security-rules.md'), 'utf8');
const RULES = Array.from({ length: 17 }, (_, index) => `C${index + 1}`);

function exists(file: string): boolean {
  return existsSync(path.join(WORKSPACE, file));
}

/** `npm run check`, which has the results of all projects, checks that the tests ran and passed. */
describe('docs/security-rules.md', () => {
  it('contains every rule, in order', () => {
    expect(ruleHeadings(TEXT).map((heading) => heading.split(' ')[1])).toEqual([...RULES, 'Rules']);
  });

  it('names a test for every rule, in existing specs', () => {
    const rows = ruleTests(TEXT);
    expect(rows.length).toBeGreaterThan(RULES.length);
    expect(rows.filter(({ title, file }) => title.length < 7 || !file.endsWith('.spec.ts') || !exists(file))).toEqual([]);
  });

  it.each(ruleHeadings(TEXT).filter((heading) => heading.startsWith('## C')))('names tests for both modes: %s', (heading) => {
    const modes = new Set(ruleTests(TEXT, [heading]).map(({ mode }) => mode));
    expect([...modes].filter((mode) => !['reverse', 'forward', 'both'].includes(mode))).toEqual([]);
    expect(['reverse', 'forward'].filter((mode) => !modes.has(mode) && !modes.has('both'))).toEqual([]);
  });

  it('names only existing files', () => {
    const named = [...TEXT.matchAll(/`((?:apps|libs|deploy|tools)\/[^`]+)`/g)].map(([, file]) => file ?? '');
    expect(named.length).toBeGreaterThan(RULES.length);
    expect(named.filter((file) => !exists(file))).toEqual([]);
  });
});

describe('docs/security-model.md', () => {
  const threats = readTable(readFileSync(path.join(WORKSPACE, 'docs/security-model.md'), 'utf8'), '## Threats');

  it('has a threat for every rule, in order', () => {
    expect(threats.map((row) => /^\[(C\d+|Beyond)\]/.exec(row['Rule'] ?? '')?.[1])).toEqual([...RULES, 'Beyond']);
  });

  it.each(threats.map((row) => [row['Rule'] ?? '', row['Test, for example'] ?? '']))('%s: the test is one of the rule', (rule, test) => {
    const number = /^\[(C\d+)\]/.exec(rule)?.[1] ?? 'Rules';
    const headings = ruleHeadings(TEXT).filter((heading) => heading.startsWith(`## ${number} `));
    expect(ruleTests(TEXT, headings).map(({ title }) => title)).toContain(test);
  });
});
