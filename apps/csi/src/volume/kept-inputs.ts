import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { entriesOf, isAbsent } from './volume-directory';
import { formatInputs, parseInputs, targetOf, type VolumeInputs } from './volume-inputs';

/** Not even other users of the node have any business here. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * What the files of each mounted volume were made of, in a file of the driver's own: a driver that was started anew can then still
 * refresh the token of a volume whose Connector has been deleted meanwhile. Not in the volume itself, where a pod that runs as root
 * would read more of the Connector than it may get from the API server.
 */
export class KeptInputs {
  /** @param directory where the files are; made when it is needed */
  constructor(private readonly directory: string) {}

  async read(target: string): Promise<VolumeInputs | undefined> {
    return parseInputs(await textOf(this.#file(target)));
  }

  /** After an error what was kept before is still there, whole. */
  async write(target: string, inputs: VolumeInputs): Promise<void> {
    const file = this.#file(target);
    const text = formatInputs(target, inputs);
    // A new token, the usual reason for new files, changes nothing here.
    if ((await textOf(file)) === text) return;
    await mkdir(this.directory, { recursive: true, mode: DIRECTORY_MODE });
    const next = `${file}.${randomBytes(4).toString('hex')}`;
    try {
      await writeFile(next, text, { mode: FILE_MODE });
      await rename(next, file);
    } catch (error) {
      await rm(next, { force: true });
      throw error;
    }
  }

  async remove(target: string): Promise<void> {
    await rm(this.#file(target), { force: true });
  }

  /** The targets for which there is anything, and an end for all that no target is known for. */
  async targets(): Promise<string[]> {
    const found: string[] = [];
    for (const name of entriesOf(this.directory)) {
      const file = path.join(this.directory, name);
      const target = targetOf(await textOf(file));
      if (target !== undefined && this.#file(target) === file) found.push(target);
      else await rm(file, { force: true, recursive: true });
    }
    return found;
  }

  /** A path is longer than a name may be. */
  #file(target: string): string {
    return path.join(this.directory, `${createHash('sha256').update(target).digest('hex')}.json`);
  }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
