import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Digest } from './digest';
import { Repository, type RepositoryRecord } from './repository';

/**
 * Stores the content of the fixture: blobs as files, named by digest and shared by all repositories, and for each repository the list of
 * its content. Changes are synchronous, so that no request sees a partial change. Blobs are always streamed.
 */
export class ContentStore {
  readonly #repositories = new Map<string, Repository>();

  private constructor(
    private readonly directory: string,
    private readonly temporary: boolean,
  ) {
    for (const name of ['blobs', 'repositories', 'uploads']) {
      mkdirSync(join(directory, name), { recursive: true });
    }
    for (const file of readdirSync(join(directory, 'repositories'))) {
      const name = decodeURIComponent(file.replace(/\.json$/, ''));
      const record = JSON.parse(readFileSync(join(directory, 'repositories', file), 'utf8')) as RepositoryRecord;
      this.#repositories.set(name, Repository.restore(name, record));
    }
  }

  /** Opens `directory`, or a temporary one that `close` removes. */
  static async open(directory?: string): Promise<ContentStore> {
    if (directory !== undefined) {
      return new ContentStore(directory, false);
    }
    return new ContentStore(await mkdtemp(join(tmpdir(), 'fixture-registry-')), true);
  }

  /** Returns the repository, if anything was ever pushed to it. */
  find(name: string): Repository | undefined {
    return this.#repositories.get(name);
  }

  names(): string[] {
    return [...this.#repositories.keys()].sort();
  }

  /** Returns the path of the file for a new upload. */
  uploadPath(id: string): string {
    return join(this.directory, 'uploads', id);
  }

  blobPath(digest: Digest): string {
    return join(this.directory, 'blobs', digest.algorithm, digest.hex);
  }

  /** Returns the size of a blob in bytes; undefined if the repository does not contain it. */
  blobSize(repository: string, digest: Digest): number | undefined {
    if (!this.#repositories.get(repository)?.blobs.has(digest.text)) {
      return undefined;
    }
    return statSync(this.blobPath(digest)).size;
  }

  /** Moves a finished file into the store, as a blob of the repository. */
  addBlob(repository: string, digest: Digest, file: string): void {
    const path = this.blobPath(digest);
    mkdirSync(dirname(path), { recursive: true });
    renameSync(file, path);
    this.change(repository, (content) => content.blobs.add(digest.text));
  }

  /** Adds a blob that is already in the store to the repository. */
  linkBlob(repository: string, digest: Digest): void {
    this.change(repository, (content) => content.blobs.add(digest.text));
  }

  /** Removes a blob; returns false if the repository did not contain it. */
  removeBlob(repository: string, digest: Digest): boolean {
    const held = this.change(repository, (content) => content.blobs.delete(digest.text));
    if (held && this.holders(digest.text).length === 0) {
      rmSync(this.blobPath(digest), { force: true });
    }
    return held;
  }

  /** Returns the names of the repositories that contain the blob. */
  holders(digest: string): string[] {
    return [...this.#repositories.values()].filter((content) => content.blobs.has(digest)).map((content) => content.name);
  }

  /** Changes a repository, and creates it if it does not exist. */
  change<T>(name: string, change: (content: Repository) => T): T {
    const content = this.#repositories.get(name) ?? new Repository(name);
    this.#repositories.set(name, content);
    const result = change(content);
    if (!this.temporary) {
      this.#save(content);
    }
    return result;
  }

  async close(): Promise<void> {
    await rm(this.temporary ? this.directory : join(this.directory, 'uploads'), { recursive: true, force: true });
  }

  #save(content: Repository): void {
    const path = join(this.directory, 'repositories', `${encodeURIComponent(content.name)}.json`);
    writeFileSync(`${path}.new`, JSON.stringify(content.toRecord()));
    renameSync(`${path}.new`, path);
  }
}
