import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { VolumeError } from '../csi.errors';
import { entriesOf, isAbsent } from './volume-directory';
import { formatInputs, parseInputs, targetOf, type VolumeInputs } from './volume-inputs';

/** Not even other users of the node have any business here. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** For one volume. Its Connectors and their classes have a few KiB; many times what a volume's own files may have is a mistake or a fault. In bytes. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * What the files of each mounted volume were made of, in a file of the driver's own: a driver that was started anew can then still
 * refresh the token of a volume whose Connector has been deleted meanwhile. Not in the volume itself, where a pod that runs as root
 * would read more of the Connector than it may get from the API server.
 */
export class KeptInputs {
  /**
   * @param directory where the files are; made when it is needed
   * @param onProblem told of a file that cannot be read or removed; it counts as none then: its volume goes on with what the API server has
   */
  constructor(
    private readonly directory: string,
    private readonly onProblem: (file: string, error: unknown) => void,
  ) {}

  async read(target: string): Promise<VolumeInputs | undefined> {
    return parseInputs(await this.#text(this.#file(target)));
  }

  /** After an error what was kept before is still there, whole. @throws VolumeError NotKept */
  async write(target: string, inputs: VolumeInputs): Promise<void> {
    const file = this.#file(target);
    const text = formatInputs(target, inputs);
    // A new token, the usual reason for new files, changes nothing here.
    if ((await this.#text(file)) === text) {
      return;
    }
    const next = `${file}.${randomBytes(4).toString('hex')}`;
    try {
      if (Buffer.byteLength(text) > MAX_BYTES) {
        throw new Error(`its Connectors and classes have more than ${MAX_BYTES} bytes`);
      }
      await mkdir(this.directory, { recursive: true, mode: DIRECTORY_MODE });
      await writeFile(next, text, { mode: FILE_MODE });
      await rename(next, file);
    } catch (error) {
      await rm(next, { force: true });
      throw notKept(this.directory, error);
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
      const target = targetOf(await this.#text(file));
      if (target !== undefined && this.#file(target) === file) {
        found.push(target);
      } else {
        await rm(file, { force: true, recursive: true }).catch((error: unknown) => this.onProblem(file, error));
      }
    }
    return found;
  }

  async #text(file: string): Promise<string | undefined> {
    try {
      const { size } = await regularFile(file);
      if (size > MAX_BYTES) {
        throw new Error(`it has more than ${MAX_BYTES} bytes`);
      }
      return await readFile(file, 'utf8');
    } catch (error) {
      if (!isAbsent(error)) {
        this.onProblem(file, error);
      }
      return undefined;
    }
  }

  /** A path is longer than a name may be. */
  #file(target: string): string {
    return path.join(this.directory, `${createHash('sha256').update(target).digest('hex')}.json`);
  }
}

async function regularFile(file: string): Promise<{ readonly size: number }> {
  const stats = await lstat(file);
  if (!stats.isFile()) {
    throw new Error('it is no regular file');
  }
  return stats;
}

function notKept(directory: string, cause: unknown): VolumeError {
  return new VolumeError('NotKept', `what the volume was made of cannot be kept in ${directory} of the node: ${(cause as Error).message}`, {
    cause,
  });
}
