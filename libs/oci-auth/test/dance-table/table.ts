import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTable } from '@oci-connector/testing-kit';
import { type Answer, ANSWERS, type CredentialState, CREDENTIALS, MEMORIES, type Memory } from './states';

/** One row of the table, with the combinations that it applies to. */
export interface DanceRow {
  readonly where: string;
  readonly answers: readonly Answer[];
  readonly credentials: readonly CredentialState[];
  readonly memories: readonly Memory[];
  readonly asked: string;
  readonly result: string;
}

const GROUPS: Readonly<Record<string, readonly CredentialState[]>> = {
  any: CREDENTIALS,
  right: ['password', 'identity token', 'identity token and password'],
  wrong: ['wrong password', 'wrong identity token'],
};

/**
 * Reads all rows of the documents in this folder.
 *
 * @throws Error for a name that is in none of the lists
 */
export function danceRows(): readonly DanceRow[] {
  const files = readdirSync(__dirname).filter((file) => file.endsWith('.md') && file !== 'README.md');
  return files.flatMap((file) => {
    const document = readFileSync(join(__dirname, file), 'utf8');
    const headings = document.split('\n').filter((line) => line.startsWith('## '));
    return headings.flatMap((heading) =>
      readTable(document, heading).map(({ credential = '', remembered = '', asked = '', result = '' }) => ({
        where: `${file}, ${heading}: ${credential} | ${remembered}`,
        answers: answersOf(heading.slice('## '.length)),
        credentials: credential.split(', ').flatMap((name) => GROUPS[name] ?? [oneOf(CREDENTIALS, name)]),
        memories: remembered.split(', ').map((name) => oneOf(MEMORIES, name)),
        asked: asked === 'nothing' ? '' : asked,
        result,
      })),
    );
  });
}

/** Returns the rows for a combination. A correct table has exactly one. */
export function rowsFor(rows: readonly DanceRow[], answer: Answer, credential: CredentialState, memory: Memory): readonly DanceRow[] {
  return rows.filter((row) => row.answers.includes(answer) && row.credentials.includes(credential) && row.memories.includes(memory));
}

function answersOf(heading: string): readonly Answer[] {
  if (heading === 'any') {
    return ANSWERS;
  }
  const [, but] = /^any but (.*)$/.exec(heading) ?? [];
  const named = (but ?? heading).split('; ').map((name) => oneOf(ANSWERS, name));
  return but === undefined ? named : ANSWERS.filter((answer) => !named.includes(answer));
}

function oneOf<T extends string>(names: readonly T[], name: string): T {
  const found = names.find((known) => known === name);
  if (found === undefined) {
    throw new Error(`the table of the dance knows no "${name}"`);
  }
  return found;
}
