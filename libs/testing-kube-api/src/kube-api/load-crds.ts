import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** Returns the text of files, and of the YAML files in directories in the order of their names. */
export function readManifests(paths: readonly string[]): string[] {
  return paths.flatMap((entry) => {
    if (!statSync(entry).isDirectory()) {
      return [readFileSync(entry, 'utf8')];
    }
    const files = readdirSync(entry).filter((file) => /\.ya?ml$/.test(file));
    return files.sort().map((file) => readFileSync(path.join(entry, file), 'utf8'));
  });
}
