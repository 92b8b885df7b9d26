import { readFile, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { type PublishedVolume } from '../../kubelet/published-volume';

/** The properties of a volume that a reader needs. */
export type SeenVolume = Pick<PublishedVolume, 'directory' | 'issued' | 'delivered'>;

/** The link to the current set of files, as in the kubelet's own volumes (AtomicWriter of Kubernetes). */
const DATA_LINK = '..data';

/**
 * Reads the files of a volume repeatedly and checks them. Each file must be equal, byte for byte, to the file of the first set, except
 * for the token, which must be an issued token. So it finds empty files, incomplete files, and mixtures of two sets.
 */
export class VolumeReader {
  readonly problems = new Set<string>();
  /** The names of the directories of the sets that were read. */
  readonly sets = new Set<string>();
  looks = 0;
  /** Content by file name, with a placeholder instead of the token. */
  readonly #first = new Map<string, string>();

  private constructor(private readonly volume: SeenVolume) {}

  /** Reads the current files, with which all later files are compared. */
  static async of(volume: SeenVolume): Promise<VolumeReader> {
    const reader = new VolumeReader(volume);
    const set = path.join(volume.directory, await readlink(reader.#link));
    const token = await readFile(path.join(set, 'context.token'), 'utf8');
    const names = (await readdir(volume.directory)).filter((name) => !name.startsWith('..'));
    for (const name of names) {
      reader.#first.set(name, withoutToken(await readFile(path.join(set, name), 'utf8'), token));
    }
    return reader;
  }

  get names(): string[] {
    return [...this.#first.keys()].sort();
  }

  /** Reads like a program that opens the directory once and reads all files: all must belong to one set. */
  async lookThroughDataLink(): Promise<void> {
    const { delivered } = this.volume;
    const set = await readlink(this.#link);
    const contents = await Promise.all(this.names.map(async (name) => [name, await this.#read(path.join(set, name))] as const));
    const isCurrent = (await readlink(this.#link)) === set;
    const tokens = new Set<number>();
    for (const [name, content] of contents) {
      // A set is removed when it is no longer current; until then it is complete.
      if (content === undefined && isCurrent) {
        this.#report(`${name} is missing in the current set`);
      }
      const token = content === undefined ? undefined : this.#tokenIn(name, content);
      if (token !== undefined) {
        tokens.add(token);
      }
    }
    if (tokens.size > 1) {
      this.#report(`one set contains ${tokens.size} tokens`);
    }
    this.#expectFresh(tokens, delivered);
    this.sets.add(set);
    this.looks += 1;
  }

  /** Reads like most programs, each file by its own name. A file that is read later must not be older. */
  async lookByNames(): Promise<void> {
    let newest = this.volume.delivered - 1;
    for (const name of this.names) {
      const content = (await this.#read(name)) ?? (await this.#readOvertaken(name));
      if (content === undefined) {
        continue;
      }
      const token = this.#tokenIn(name, content) ?? newest;
      if (token < newest) {
        this.#report(`${name} is older than the files before it`);
      }
      newest = Math.max(newest, token);
    }
    this.looks += 1;
  }

  get #link(): string {
    return path.join(this.volume.directory, DATA_LINK);
  }

  async #read(name: string): Promise<string | undefined> {
    try {
      return await readFile(path.join(this.volume.directory, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#report(`${name}: ${(error as Error).message}`);
      }
      return undefined;
    }
  }

  /**
   * Reads a file again that was missing. The kernel follows `..data` and then looks up the name. If the driver exchanges and removes the
   * set between these two steps, the name does not exist. This can happen in all volumes of this kind; the next attempt must find the file.
   */
  async #readOvertaken(name: string): Promise<string | undefined> {
    const before = await readlink(this.#link);
    const content = await this.#read(name);
    if (content === undefined && (await readlink(this.#link)) === before) {
      this.#report(`${name} is missing`);
    }
    return content;
  }

  /** Returns the index of the issued token in a file; undefined for a file without a token. */
  #tokenIn(name: string, content: string): number | undefined {
    const first = this.#first.get(name);
    if (content === first) {
      return undefined;
    }
    const index = this.volume.issued.findIndex((token) => withoutToken(content, token.reveal()) === first);
    if (index >= 0) {
      return index;
    }
    this.#report(`${name} has ${content.length} characters that are no complete file`);
    return undefined;
  }

  #expectFresh(tokens: ReadonlySet<number>, delivered: number): void {
    if ([...tokens].some((token) => token < delivered - 1)) {
      this.#report('the driver had confirmed a newer token than the files contain');
    }
  }

  #report(problem: string): void {
    this.problems.add(problem);
  }
}

function withoutToken(content: string, token: string): string {
  const login = Buffer.from(`connectors:${token}`).toString('base64');
  return content.replaceAll(token, '<token>').replaceAll(login, '<login>');
}
