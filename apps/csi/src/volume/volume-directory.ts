import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type FileContent, isFileName } from '@oci-connector/config-rendering';
import { VolumeError } from '../csi.errors';

/** The link to the current set of files, as in the kubelet's own volumes (AtomicWriter of k8s.io/kubernetes). */
export const DATA_LINK = '..data';

/** The link to the next set, until it is renamed. */
const NEXT_LINK = '..data_tmp';

/** During a replacement the volume contains the current set and the next one. */
const SETS = 2;

/** The contents of files by their names. */
export type FileSet = ReadonlyMap<string, FileContent>;

export interface VolumeDirectoryOptions {
  /** The group that may read. When absent every user may, because a container may run as any user. */
  readonly group?: number;
  /** Size of the volume, in bytes. */
  readonly size: number;
  /** Returns milliseconds since the epoch, for the names of sets. */
  readonly now: () => number;
}

/**
 * The files of one volume. The current set is in its own directory, and the link `..data` leads to it. The names that the pod uses are
 * links to `..data/NAME`. A new set is written to another directory; renaming the link then replaces all files in one step. A reader sees
 * the old set or the new one, never a mixture and never half a file.
 *
 * Synchronous: a tmpfs is memory, so a hundred system calls take less time than a few trips through the thread pool.
 */
export class VolumeDirectory {
  constructor(
    private readonly root: string,
    private readonly options: VolumeDirectoryOptions,
  ) {}

  /** Returns the name of the current set's directory; undefined when there is none. */
  static currentSet(root: string): string | undefined {
    const link = path.join(root, DATA_LINK);
    return lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(link) : undefined;
  }

  /**
   * Makes the set the current one, unless it already is. On failure the earlier set stays in place, whole.
   *
   * @returns whether the files were replaced
   * @throws VolumeError VolumeFull when the files do not fit twice
   */
  write(files: FileSet): boolean {
    checkNames(files);
    this.#checkSize(files);
    const before = VolumeDirectory.currentSet(this.root);
    const isCurrent = before !== undefined && this.#isEqual(before, files);
    if (!isCurrent) {
      // Frees the space that an interrupted replacement has left occupied.
      this.#sweep();
      this.#exchange(files);
    }
    this.#linkNames(files);
    if (!isCurrent) {
      this.#sweep();
    }
    return !isCurrent;
  }

  /** A set that fits only once could never be replaced, and its token would expire. */
  #checkSize(files: FileSet): void {
    const block = statfsSync(this.root).bsize;
    const total = [...files.values()].reduce((bytes, content) => bytes + Math.ceil(Buffer.byteLength(content) / block) * block, 0);
    if (total * SETS > this.options.size) {
      throw full(`they must fit in ${this.options.size} bytes twice while they are replaced`);
    }
  }

  #isEqual(set: string, files: FileSet): boolean {
    const directory = path.join(this.root, set);
    const names = entriesOf(directory);
    if (names.length !== files.size || !names.every((name) => files.has(name))) {
      return false;
    }
    return [...files].every(([name, content]) => readFileSync(path.join(directory, name)).equals(Buffer.from(content)));
  }

  #exchange(files: FileSet): void {
    const set = `..${new Date(this.options.now()).toISOString().replace(/\D+/g, '_')}${randomBytes(4).toString('hex')}`;
    const directory = path.join(this.root, set);
    const next = path.join(this.root, NEXT_LINK);
    try {
      // No other user may read the directory before it is complete.
      mkdirSync(directory, { mode: 0o700 });
      for (const [name, content] of files) {
        this.#writeFile(path.join(directory, name), content);
      }
      chmodSync(directory, 0o755);
      rmSync(next, { force: true });
      symlinkSync(set, next);
      renameSync(next, path.join(this.root, DATA_LINK));
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw isFull(error) ? full('the volume is full', error) : error;
    }
  }

  #writeFile(file: string, content: FileContent): void {
    const { group } = this.options;
    const descriptor = openSync(file, 'wx', 0o400);
    try {
      writeFileSync(descriptor, content);
      if (group !== undefined) {
        fchownSync(descriptor, process.getuid?.() ?? 0, group);
      }
      fchmodSync(descriptor, group === undefined ? 0o444 : 0o440);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Links the names. Needed even when no file was replaced: an earlier driver may have ended before this step. */
  #linkNames(files: FileSet): void {
    const present = readdirSync(this.root);
    for (const name of [...files.keys()].filter((wanted) => !present.includes(wanted))) {
      symlinkSync(path.join(DATA_LINK, name), path.join(this.root, name));
    }
    for (const name of present.filter((entry) => !entry.startsWith('..') && !files.has(entry))) {
      rmSync(path.join(this.root, name), { recursive: true });
    }
  }

  /** Removes the sets that are not current. */
  #sweep(): void {
    const current = VolumeDirectory.currentSet(this.root);
    const old = readdirSync(this.root).filter((name) => name.startsWith('..') && name !== DATA_LINK && name !== current);
    for (const name of old) {
      rmSync(path.join(this.root, name), { recursive: true, force: true });
    }
  }
}

/** Whether the path is a directory, and not a link to one. */
export function isDirectory(directory: string): boolean {
  return lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Last line of defence; rendering already checks names. A name must not lead out of the volume, nor collide with `..data` and the sets. */
function checkNames(files: FileSet): void {
  const odd = [...files.keys()].find((name) => !isFileName(name));
  if (odd !== undefined) {
    throw new Error(`no file of a volume may be named ${JSON.stringify(odd)}`);
  }
}

function full(problem: string, cause?: unknown): VolumeError {
  return new VolumeError(
    'VolumeFull',
    `the files are too large: ${problem}; mount fewer configurations, or raise OCI_CONNECTOR_CSI_VOLUME_SIZE of the CSI driver`,
    { cause },
  );
}

/** Whether an error says that the file system is full (errno(3)), including quotas. */
function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Whether an error says that the file does not exist. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Returns the names in a directory; none when it does not exist. */
export function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isAbsent(error)) {
      return [];
    }
    throw error;
  }
}
