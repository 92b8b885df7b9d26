import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';

const WORKSPACE = path.join(__dirname, '../../..');

/** A file of the workspace, by its path from the top. */
export function readDocument(name: string): string {
  return readFileSync(path.join(WORKSPACE, name), 'utf8');
}

/** The objects of a YAML text; an error in it is thrown. */
export function parseYaml(text: string): unknown[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors[0]) {
      throw document.errors[0];
    }
    return document.toJS() as unknown;
  });
}
