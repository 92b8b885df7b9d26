import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { VolumeError } from '../csi.errors';
import { entriesOf, isAbsent } from './volume-directory';
import { formatInputs, parseInputs, targetOf, type VolumeInputs } from './volume-inputs';

/** Other users of the node must not read the files. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** Limit for one volume, in bytes. Connectors and classes have a few KiB; this is many times the size of a volume, so more is an error. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Stores the inputs of each mounted volume in a file of the driver. With them, a restarted driver can refresh the token of a volume whose
 * Connector was deleted in the meantime. The file is not in the volume: there a pod that runs as root could read more of the Connector
 * than the API server allows it.
 */
export class KeptInputs {
  /**
   * @param directory of the files; created on the first write
   * @param onProblem called for a file that cannot be read or removed. Such a file is ignored: its volume uses the API server's objects
   */
  constructor(
    private readonly directory: string,
    private readonly onProblem: (file: string, error: unknown) => void,
  ) {}

  /** Returns the stored inputs of a volume; undefined when there are no usable ones. */
  async read(target: string): Promise<VolumeInputs | undefined> {
    return parseInputs(await this.#text(this.#file(target)));
  }

  /**
   * Stores the inputs of a volume. On failure the earlier file is unchanged.
   *
   * @throws VolumeError NotKept when the file cannot be written
   */
  async write(target: string, inputs: VolumeInputs): Promise<void> {
    const file = this.#file(target);
    const text = formatInputs(target, inputs);
    // A new token is the usual reason for new files, and is not part of the inputs.
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

  /** Returns the targets that have a file. Removes files without a known target. */
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

  /** Returns the file of a volume. Its name is a hash, because a path may be longer than a file name. */
  #file(target: string): string {
    return path.join(this.directory, `${createHash('sha256').update(target).digest('hex')}.json`);
  }
}

async function regularFile(file: string): Promise<{ readonly size: number }> {
  const stats = await lstat(file);
  if (!stats.isFile()) {
    throw new Error('it is not a regular file');
  }
  return stats;
}

function notKept(directory: string, cause: unknown): VolumeError {
  return new VolumeError(
    'NotKept',
    `the driver cannot store its state of the volume in ${directory} on the node: ${(cause as Error).message}`,
    {
      cause,
    },
  );
}
