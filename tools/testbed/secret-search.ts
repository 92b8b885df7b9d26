import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

/** A secret that logs must not contain, and its name for reports. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

/** Matches every ServiceAccount token: the header of every JWT begins with `eyJ`. */
const ANY_JWT = /eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/;

/**
 * Searches all log files in a directory. Returns a line for each find, without the secret itself.
 *
 * @throws Error when there are no log files, because no finds would look like success
 */
export async function searchLogs(directory: string, secrets: readonly Secret[]): Promise<string[]> {
  const names = (await filesBelow(directory)).filter((name) => name.endsWith('.log'));
  if (names.length === 0) {
    throw new Error(`no logs in ${directory}`);
  }
  const finds = await Promise.all(names.map((name) => searchFile(path.join(directory, name), secrets)));
  return finds.flat();
}

async function filesBelow(directory: string): Promise<string[]> {
  try {
    return await readdir(directory, { recursive: true });
  } catch (error) {
    throw new Error(
      `cannot read the directory ${directory} (${(error as NodeJS.ErrnoException).code}); name one that contains logs, such as .testbed`,
      { cause: error },
    );
  }
}

async function searchFile(file: string, secrets: readonly Secret[]): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const finds: string[] = [];
  for (const { name, value } of secrets) {
    if (formsOf(value).some((form) => text.includes(form))) {
      finds.push(`${name} in ${file}`);
    }
  }
  if (ANY_JWT.test(text)) {
    finds.push(`a JSON Web Token in ${file}`);
  }
  return finds;
}

/** Returns the forms of a secret: plain, URL-encoded, and base64 at each of the three possible offsets in a longer text. */
function formsOf(value: string): string[] {
  const inBase64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), Buffer.from(value)])
      .toString('base64')
      // The first and last characters also depend on the text around the value.
      .replace(/=+$/, '')
      .slice(offset === 0 ? 0 : offset + 1, -1),
  );
  return [value, encodeURIComponent(value), ...inBase64];
}
