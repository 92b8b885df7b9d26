import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
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
