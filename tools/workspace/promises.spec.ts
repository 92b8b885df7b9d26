import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readTable } from '@oci-connector/testing-kit';
import { SUITES } from '../testbed/command-line.mjs';
import { suiteSources } from './suite-sources';

const WORKSPACE = path.join(__dirname, '../..');

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
    expect(checks.filter(({ suite, check }) => !suiteSources(suite).includes(check))).toEqual([]);
  });
});
