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
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { VolumeError } from './volume.errors';

/** The link to the current set of files, as in the kubelet's own volumes (AtomicWriter of k8s.io/kubernetes). */
export const DATA_LINK = '..data';

/** The link to the next set, until it is renamed. */
const NEXT_LINK = '..data_tmp';

/** NAME_MAX of Linux, in bytes. */
const MAX_NAME_BYTES = 255;

/** One file of a set. */
export interface VolumeFile {
  readonly content: string;
  /** Only root may read it, and no link leads to it: not for the pod. */
  readonly hidden?: boolean;
}

/** Files by name. */
export type FileSet = ReadonlyMap<string, VolumeFile>;

export interface VolumeDirectoryOptions {
  /** The group that may read; everybody when absent, because containers run as anyone. */
  readonly group?: number;
  /** Bytes that one set may have. */
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

  /** A file of the current set; undefined when there is none of this name. */
  static read(root: string, name: string): string | undefined {
    try {
      return readFileSync(path.join(root, DATA_LINK, name), 'utf8');
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /**
   * Makes the set the current one, unless it is already. After an error the set before is in place, whole.
   *
   * @returns whether anything was exchanged
   * @throws VolumeError FileNameRefused, VolumeFull
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
    if (!isCurrent) this.#sweep();
    return !isCurrent;
  }

  #checkSize(files: FileSet): void {
    const total = [...files.values()].reduce((bytes, { content }) => bytes + Buffer.byteLength(content), 0);
    if (total > this.options.size) throw full(`${total} bytes do not fit in ${this.options.size}`);
  }

  #isEqual(set: string, files: FileSet): boolean {
    const directory = path.join(this.root, set);
    const names = entriesOf(directory);
    if (names.length !== files.size || !names.every((name) => files.has(name))) return false;
    return [...files].every(([name, { content }]) => readFileSync(path.join(directory, name), 'utf8') === content);
  }

  #exchange(files: FileSet): void {
    const set = `..${new Date().toISOString().replace(/\D+/g, '_')}${randomBytes(4).toString('hex')}`;
    const directory = path.join(this.root, set);
    const next = path.join(this.root, NEXT_LINK);
    try {
      // Nobody else may look into it before it is whole.
      mkdirSync(directory, { mode: 0o700 });
      for (const [name, file] of files) this.#writeFile(path.join(directory, name), file);
      chmodSync(directory, 0o755);
      rmSync(next, { force: true });
      symlinkSync(set, next);
      renameSync(next, path.join(this.root, DATA_LINK));
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw isFull(error) ? full('the volume is full', error) : error;
    }
  }

  #writeFile(file: string, { content, hidden }: VolumeFile): void {
    const { group } = this.options;
    const descriptor = openSync(file, 'wx', 0o400);
    try {
      writeFileSync(descriptor, content);
      if (hidden) return;
      if (group !== undefined) fchownSync(descriptor, process.getuid?.() ?? 0, group);
      fchmodSync(descriptor, group === undefined ? 0o444 : 0o440);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Also when nothing was exchanged: the driver may have ended between the exchange and this. */
  #linkNames(files: FileSet): void {
    const visible = [...files].filter(([, { hidden }]) => !hidden).map(([name]) => name);
    const present = readdirSync(this.root);
    for (const name of visible.filter((wanted) => !present.includes(wanted))) symlinkSync(path.join(DATA_LINK, name), path.join(this.root, name));
    for (const name of present.filter((entry) => !entry.startsWith('..') && !visible.includes(entry))) rmSync(path.join(this.root, name), { recursive: true });
  }

  /** Removes the sets that are not current. */
  #sweep(): void {
    const current = VolumeDirectory.currentSet(this.root);
    const old = readdirSync(this.root).filter((name) => name.startsWith('..') && name !== DATA_LINK && name !== current);
    for (const name of old) rmSync(path.join(this.root, name), { recursive: true, force: true });
  }
}

/** Whether the directory is there, and no link. */
export function isDirectory(directory: string): boolean {
  return lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Names starting with two dots are those of the mechanism (validatePath of the kubelet's AtomicWriter). */
function checkNames(files: FileSet): void {
  for (const [name, { hidden }] of files) {
    const isOurs = hidden === true && !name.includes('/');
    if (isOurs || (!/[/\0]/.test(name) && name !== '' && name !== '.' && !name.startsWith('..') && Buffer.byteLength(name) <= MAX_NAME_BYTES)) continue;
    throw new VolumeError('FileNameRefused', `a configuration has a file ${JSON.stringify(name.slice(0, MAX_NAME_BYTES))}: a name must not be longer than ${MAX_NAME_BYTES} bytes, contain / or start with two dots`);
  }
}

function full(problem: string, cause?: unknown): VolumeError {
  return new VolumeError('VolumeFull', `the files are too large: ${problem}; OCI_CONNECTOR_CSI_VOLUME_SIZE of the CSI driver is the limit`, { cause });
}

/** What a file system says that is full (errno(3)), an inode quota included. */
function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}
