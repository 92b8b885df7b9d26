import { constants } from 'node:fs';
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type FileContent, isFileName } from '@oci-connector/config-rendering';
import { ConfigProblem } from './config-problem';

/** Has the names of the files that this command has written, one in a line. */
const LIST = '.written-by-connectors';

/**
 * Creates the directory, if it does not exist.
 *
 * @throws ConfigProblem when it cannot be used, or has other files, such as ~/.docker with the user's own config.json
 */
export async function prepareDirectory(directory: string): Promise<void> {
  const existing = await usable(directory, async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await access(directory, constants.W_OK);
    return readdir(directory);
  });
  if (existing.length > 0 && !existing.includes(LIST)) {
    throw new ConfigProblem(`--directory: ${directory} has files that this command did not write; name another directory`);
  }
}

/**
 * Writes the files so that only the user can read them: they contain a token. A file is replaced in one step, because a client may read it
 * at this moment. Files of an earlier run that are not among them are removed: they may contain an address or a token that is no longer
 * right. Other files stay, such as those that docker writes next to its config.json.
 */
export async function writeFiles(directory: string, files: ReadonlyMap<string, FileContent>): Promise<void> {
  await usable(directory, async () => {
    const before = await namesIn(path.join(directory, LIST));
    // First, so that a run that was interrupted leaves no file without its name.
    await replaceFile(directory, LIST, `${[...new Set([...before, ...files.keys()])].join('\n')}\n`);
    for (const [name, content] of files) {
      await replaceFile(directory, name, content);
    }
    for (const name of before.filter((old) => !files.has(old))) {
      await rm(path.join(directory, name), { force: true });
    }
    await replaceFile(directory, LIST, `${[...files.keys()].join('\n')}\n`);
  });
}

async function namesIn(list: string): Promise<string[]> {
  const text = await readFile(list, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return '';
    }
    throw error;
  });
  // A changed list must not make this command remove a file elsewhere.
  return text.split('\n').filter(isFileName);
}

async function replaceFile(directory: string, name: string, content: FileContent): Promise<void> {
  const part = path.join(directory, `${name}.${process.pid}.part`);
  await writeFile(part, content, { mode: 0o600 });
  await rename(part, path.join(directory, name));
}

/** @throws ConfigProblem when the file system refuses */
async function usable<T>(directory: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    const { code, path: place = directory } = error as NodeJS.ErrnoException;
    if (code === undefined) {
      throw error;
    }
    throw new ConfigProblem(`--directory: cannot use ${place} (${code}); name a directory that you may write to`, { cause: error });
  }
}
