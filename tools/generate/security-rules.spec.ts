import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readTable } from '@oci-connector/testing';

const WORKSPACE = path.join(__dirname, '../..');
const TEXT = readFileSync(path.join(WORKSPACE, 'docs/security-rules.md'), 'utf8');
const HEADINGS = TEXT.split('\n').filter((line) => line.startsWith('## '));
const RULES = Array.from({ length: 17 }, (_, index) => `C${index + 1}`);

function exists(file: string): boolean {
  return existsSync(path.join(WORKSPACE, file));
}

/** Titles stand in the source as they are, but for escaped quotes, which the document avoids. */
function hasTest(file: string, title: string): boolean {
  return file.endsWith('.spec.ts') && title !== '' && exists(file) && readFileSync(path.join(WORKSPACE, file), 'utf8').includes(title);
}

function headingOf(rule: string): string {
  return HEADINGS.find((heading) => heading.startsWith(`## ${rule} `)) ?? `## ${rule} …`;
}

describe('docs/security-rules.md', () => {
  it('has every rule, in order', () => {
    const named = HEADINGS.map((heading) => /^## (C\d+) /.exec(heading)?.[1]).filter((rule) => rule !== undefined);
    expect(named).toEqual(RULES);
  });

  it.each(RULES.map(headingOf).concat('## Rules that no pitfall names'))('%s names tests that exist', (heading) => {
    const missing = readTable(TEXT, heading).filter((row) => !hasTest(row['File'] ?? '', row['Test'] ?? ''));
    expect(missing).toEqual([]);
  });

  it('names files that exist', () => {
    const named = [...TEXT.matchAll(/`((?:apps|libs|deploy)\/[^`]+)`/g)].map(([, file]) => file ?? '');
    expect(named.length).toBeGreaterThan(RULES.length);
    expect(named.filter((file) => !exists(file))).toEqual([]);
  });
});
