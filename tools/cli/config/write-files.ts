import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type FileContent } from '@oci-connector/config-rendering';
import { ConfigProblem } from './config-problem';

/** A file of every volume, by which a directory of an earlier run is recognised. */
const OWN_FILE = 'context.token';

/**
 * Creates the directory, if it does not exist.
 *
 * @throws ConfigProblem when it has other files, such as ~/.docker with the user's own config.json
 */
export async function prepareDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const existing = await readdir(directory);
  if (existing.length > 0 && !existing.includes(OWN_FILE)) {
    throw new ConfigProblem(`--directory: ${directory} has files that this command did not write; name another directory`);
  }
}

/**
 * Writes the files so that only the user can read them: they contain a token. A file is replaced in one step, because a client may read it
 * at this moment.
 */
export async function writeFiles(directory: string, files: ReadonlyMap<string, FileContent>): Promise<void> {
  for (const [name, content] of files) {
    const part = path.join(directory, `${name}.${process.pid}.part`);
    await writeFile(part, content, { mode: 0o600 });
    await rename(part, path.join(directory, name));
  }
}
