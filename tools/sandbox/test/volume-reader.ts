import { readFile, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { type PublishedVolume } from '../../kubelet/published-volume';

/** What a reader has to know of a volume. */
export type SeenVolume = Pick<PublishedVolume, 'directory' | 'issued' | 'delivered'>;

/** The link to the current set of files, as in the kubelet's own volumes (AtomicWriter of Kubernetes). */
const DATA_LINK = '..data';

/**
 * Looks at the files of a volume again and again, and judges what it sees: every file has to be, byte for byte, what the first set
 * had, but for the token, and that has to be one that was issued. So whatever is empty or half a file is found, and so is a mixture.
 */
export class VolumeReader {
  readonly problems = new Set<string>();
  /** The sets that were seen, by the names of their directories. */
  readonly sets = new Set<string>();
  looks = 0;
  /** Content by name, with a mark in the place of the token. */
  readonly #first = new Map<string, string>();

  private constructor(private readonly volume: SeenVolume) {}

  /** Takes the files that are there as those that all later ones are compared with. */
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

  /** As a program that opens the directory once and reads all of it: all files are of one set. */
  async lookThroughDataLink(): Promise<void> {
    const { delivered } = this.volume;
    const set = await readlink(this.#link);
    const contents = await Promise.all(this.names.map(async (name) => [name, await this.#read(path.join(set, name))] as const));
    const isCurrent = (await readlink(this.#link)) === set;
    const tokens = new Set<number>();
    for (const [name, content] of contents) {
      // A set is removed when it is no longer the current one; until then all of it is there.
      if (content === undefined && isCurrent) {
        this.#report(`${name} is missing in the current set`);
      }
      const token = content === undefined ? undefined : this.#tokenIn(name, content);
      if (token !== undefined) {
        tokens.add(token);
      }
    }
    if (tokens.size > 1) {
      this.#report(`one set has ${tokens.size} tokens`);
    }
    this.#expectFresh(tokens, delivered);
    this.sets.add(set);
    this.looks += 1;
  }

  /** As most programs: each file by its own name. What is read later is never older. */
  async lookByNames(): Promise<void> {
    let newest = this.volume.delivered - 1;
    for (const name of this.names) {
      const content = (await this.#read(name)) ?? (await this.#readOvertaken(name));
      if (content === undefined) {
        continue;
      }
      const token = this.#tokenIn(name, content) ?? newest;
      if (token < newest) {
        this.#report(`${name} is older than what was there before`);
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
   * The kernel follows `..data` and then looks for the name: when it is kept from its work between the two, for as long as the driver
   * needs to exchange the set and to remove it, the name is not there. That is so in all volumes of this kind; the next attempt
   * has to find it.
   */
  async #readOvertaken(name: string): Promise<string | undefined> {
    const before = await readlink(this.#link);
    const content = await this.#read(name);
    if (content === undefined && (await readlink(this.#link)) === before) {
      this.#report(`${name} is missing`);
    }
    return content;
  }

  /** Which of the issued tokens a file has; undefined for one that has none. */
  #tokenIn(name: string, content: string): number | undefined {
    const first = this.#first.get(name);
    if (content === first) {
      return undefined;
    }
    const index = this.volume.issued.findIndex((token) => withoutToken(content, token.reveal()) === first);
    if (index >= 0) {
      return index;
    }
    this.#report(`${name} has ${content.length} characters that were never written as a whole`);
    return undefined;
  }

  #expectFresh(tokens: ReadonlySet<number>, delivered: number): void {
    if ([...tokens].some((token) => token < delivered - 1)) {
      this.#report('the driver had answered for a newer token than the files have');
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
