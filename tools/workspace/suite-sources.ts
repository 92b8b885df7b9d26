import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceRoot } from '../processes/workspace';

const TESTBED = path.join(workspaceRoot, 'tools/testbed');

/** Returns the text of a suite, with all files of the testbed that it imports. */
export function suiteSources(suite: string): string {
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
