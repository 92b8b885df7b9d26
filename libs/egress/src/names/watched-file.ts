import { readFile, stat } from 'node:fs/promises';

/** A file that is read and parsed again when it has changed. A file that is missing or cannot be read counts as empty. */
export class WatchedFile<T> {
  #version?: string;
  #text = '';
  #value: T;

  constructor(
    private readonly path: string,
    private readonly parse: (text: string) => T,
  ) {
    this.#value = parse('');
  }

  /** Returns the current value of the file; the same object as before when the text is the same. */
  async current(): Promise<T> {
    const version = await versionOf(this.path);
    if (version !== undefined && version === this.#version) {
      return this.#value;
    }
    const text = version === undefined ? '' : await readFile(this.path, 'utf8').catch(() => '');
    this.#version = version;
    if (text !== this.#text) {
      [this.#text, this.#value] = [text, this.parse(text)];
    }
    return this.#value;
  }
}

/** Returns a version that changes when the file is written or replaced; undefined when there is no file. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs].join(' ');
  } catch {
    return undefined;
  }
}
