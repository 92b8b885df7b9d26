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
import { isFileName } from '@oci-connector/config-rendering';
import { VolumeError } from '../csi.errors';

/** The link to the current set of files, as in the kubelet's own volumes (AtomicWriter of k8s.io/kubernetes). */
export const DATA_LINK = '..data';

/** The link to the next set, until it is renamed. */
const NEXT_LINK = '..data_tmp';

/** While they are exchanged, the set that is there and the next one are both in the volume. */
const SETS = 2;

/** Contents by name. */
export type FileSet = ReadonlyMap<string, string>;

export interface VolumeDirectoryOptions {
  /** The group that may read; everybody when absent, because containers run as anyone. */
  readonly group?: number;
  /** Bytes that the volume has. */
  readonly size: number;
}

/**
 * The files of one volume. They are in a directory of their own, to which the link `..data` leads; the names that the pod uses
 * are links to `..data/NAME`. A new set is written to another directory, and renaming the link exchanges all files at once: a
 * reader sees the old set or the new one, never a mixture and never half a file.
 *
 * Synchronous: a tmpfs is memory, and a hundred system calls of microseconds each take less than a few of them by way of the
 * thread pool.
 */
export class VolumeDirectory {
  constructor(
    private readonly root: string,
    private readonly options: VolumeDirectoryOptions,
  ) {}

  /** Name of the directory of the current set; undefined when there is none. */
  static currentSet(root: string): string | undefined {
    const link = path.join(root, DATA_LINK);
    return lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(link) : undefined;
  }

  /**
   * Makes the set the current one, unless it is already. After an error the set before is in place, whole.
   *
   * @returns whether anything was exchanged
   * @throws VolumeError VolumeFull
   */
  write(files: FileSet): boolean {
    checkNames(files);
    this.#checkSize(files);
    const before = VolumeDirectory.currentSet(this.root);
    const isCurrent = before !== undefined && this.#isEqual(before, files);
    if (!isCurrent) {
      // What an exchange that broke off has left takes room that this one needs.
      this.#sweep();
      this.#exchange(files);
    }
    this.#linkNames(files);
    if (!isCurrent) {
      this.#sweep();
    }
    return !isCurrent;
  }

  /** A set that fits only while it is the only one could never be renewed, and its token would run out. */
  #checkSize(files: FileSet): void {
    const block = statfsSync(this.root).bsize;
    const total = [...files.values()].reduce((bytes, content) => bytes + Math.ceil(Buffer.byteLength(content) / block) * block, 0);
    if (total * SETS > this.options.size) {
      throw full(`they have to fit in ${this.options.size} bytes twice while they are exchanged`);
    }
  }

  #isEqual(set: string, files: FileSet): boolean {
    const directory = path.join(this.root, set);
    const names = entriesOf(directory);
    if (names.length !== files.size || !names.every((name) => files.has(name))) {
      return false;
    }
    return [...files].every(([name, content]) => readFileSync(path.join(directory, name), 'utf8') === content);
  }

  #exchange(files: FileSet): void {
    const set = `..${new Date().toISOString().replace(/\D+/g, '_')}${randomBytes(4).toString('hex')}`;
    const directory = path.join(this.root, set);
    const next = path.join(this.root, NEXT_LINK);
    try {
      // Nobody else may look into it before it is whole.
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

  #writeFile(file: string, content: string): void {
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

  /** Also when nothing was exchanged: the driver may have ended between the exchange and this. */
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

/** Whether the directory is there, and no link. */
export function isDirectory(directory: string): boolean {
  return lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A last line of defence, because whatever is rendered has such names: none may lead out of the volume or be one of the mechanism's. */
function checkNames(files: FileSet): void {
  const odd = [...files.keys()].find((name) => !isFileName(name));
  if (odd !== undefined) {
    throw new Error(`no file of a volume may be called ${JSON.stringify(odd)}`);
  }
}

function full(problem: string, cause?: unknown): VolumeError {
  return new VolumeError(
    'VolumeFull',
    `the files are too large: ${problem}; OCI_CONNECTOR_CSI_VOLUME_SIZE of the CSI driver is the limit`,
    { cause },
  );
}

/** What a file system says that is full (errno(3)), an inode quota included. */
function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Whether an error says that there is no such file. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Names in a directory; none where there is none. */
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
