import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

const WORKSPACE = path.join(__dirname, '../../..');

/** Reads a file of the workspace, by its path from the workspace root. */
export function readDocument(name: string): string {
  return readFileSync(path.join(WORKSPACE, name), 'utf8');
}

/**
 * Returns the objects of a YAML text.
 *
 * @throws YAMLParseError when the text is not valid YAML
 */
export function parseYaml(text: string): unknown[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors[0]) {
      throw document.errors[0];
    }
    return document.toJS() as unknown;
  });
}
