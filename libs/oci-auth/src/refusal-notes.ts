import { SharedCache } from '@oci-connector/limits';

/**
 * The most keys of one repository: for the actions of a read, a write and a deletion, each with a few token servers. A registry could
 * name a new token server each time.
 */
const MAX_KEYS = 16;
const MAX_NOTES = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** Notes which cached tokens and failures stand for a refusal in a repository. They end when a write succeeds there. */
export class RefusalNotes {
  readonly #notes = new SharedCache<readonly string[]>({ maxEntries: MAX_NOTES, maxBytes: MAX_BYTES });

  /** Notes a key of the token cache. Above the limit, the oldest key is dropped. */
  add(connectorUid: string, repository: string, key: string): void {
    const others = (this.#notes.get(repository) ?? []).filter((known) => known !== key);
    const keys = [...others, key].slice(-MAX_KEYS);
    this.#notes.set(repository, keys, { owner: connectorUid, bytes: keys.reduce((sum, { length }) => sum + length, 0) });
  }

  /** Returns the keys noted for the repository and forgets them. */
  take(repository: string): readonly string[] {
    const keys = this.#notes.get(repository) ?? [];
    this.#notes.delete(repository);
    return keys;
  }

  forget(belongs: (repository: string) => boolean): void {
    for (const key of [...this.#notes.keys()]) {
      if (belongs(key)) {
        this.#notes.delete(key);
      }
    }
  }
}
