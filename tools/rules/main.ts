import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { workspaceRoot } from '../processes/workspace';
import { readPassedTests } from './passed-tests';
import { ruleTests, unproven } from './rule-tests';

/** Checks that each test that docs/security-rules.md names ran and passed in the latest `npm test`. */
async function main(): Promise<void> {
  const rows = ruleTests(await readFile(path.join(workspaceRoot, 'docs/security-rules.md'), 'utf8'));
  const missing = unproven(rows, await readPassedTests(path.join(workspaceRoot, 'dist/test-results')));
  for (const { title, file } of missing) {
    console.error(`docs/security-rules.md: no test "${title}" of ${file} passed`);
  }
  console.log(`${rows.length - missing.length} of ${rows.length} tests of security rules passed`);
  process.exitCode = missing.length === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
