import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readTable } from '@oci-connector/testing-kit';
import { SUITES } from '../testbed/command-line.mjs';

const WORKSPACE = path.join(__dirname, '../..');
const TESTBED = path.join(WORKSPACE, 'tools/testbed');

/** The text of a suite, with all files of the testbed that it imports. */
function sourcesOf(suite: string): string {
  const seen = new Map<string, string>();
  const read = (file: string): void => {
    if (seen.has(file) || !file.startsWith(TESTBED) || !existsSync(file)) {
      return;
    }
    const text = readFileSync(file, 'utf8');
    seen.set(file, text);
    for (const [, imported = ''] of text.matchAll(/from '(\.[^']+)'/g)) {
      read(`${path.resolve(path.dirname(file), imported)}.ts`);
    }
  };
  read(path.join(TESTBED, 'suites', `${suite}.ts`));
  return [...seen.values()].join('\n');
}

/** The checks that a cell names: `suite`: "check", "check"; `suite`: "check". */
function checksIn(cell: string): { suite: string; check: string }[] {
  return [...cell.matchAll(/`([\w-]+)`: ("[^"]+"(?:, "[^"]+")*)/g)].flatMap(([, suite = '', checks = '']) =>
    [...checks.matchAll(/"([^"]+)"/g)].map(([, check = '']) => ({ suite, check })),
  );
}

describe('what docs/operations.md promises', () => {
  const rows = readTable(readFileSync(path.join(WORKSPACE, 'docs/operations.md'), 'utf8'), '## What is promised');

  it.each(rows.map((row) => [row['What happens'], row['Suite and check'] ?? '']))('has checks that exist: %s', (_, cell) => {
    const checks = checksIn(cell);
    expect(checks).not.toEqual([]);
    expect(checks.filter(({ suite }) => !Object.hasOwn(SUITES, suite))).toEqual([]);
    expect(checks.filter(({ suite, check }) => !sourcesOf(suite).includes(check))).toEqual([]);
  });
});
