import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

/** What must not be found, and what to call it when it is. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

/** Any ServiceAccount token looks like this; the header of every JWT begins so. */
const ANY_JWT = /eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/;

/**
 * Searches the log files below a directory; returns a line for each find, without the secret itself.
 *
 * @throws Error when there is nothing to search: that would look like success
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
      `cannot read the directory ${directory} (${(error as NodeJS.ErrnoException).code}); name one that holds logs, such as .testbed`,
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

/** The value itself, as a part of a URL, and as base64 shows it at any of the three places it may have in a longer text. */
function formsOf(value: string): string[] {
  const inBase64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), Buffer.from(value)])
      .toString('base64')
      // What surrounds the value has a part in the first and in the last characters.
      .replace(/=+$/, '')
      .slice(offset === 0 ? 0 : offset + 1, -1),
  );
  return [value, encodeURIComponent(value), ...inBase64];
}
