import { SharedCache } from '@oci-connector/limits';

/** Of one repository: the actions of a read, a write and a deletion, each with a few token servers; a registry may name a new one each time. */
const MAX_KEYS = 16;
const MAX_NOTES = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

/** Which remembered tokens and failures stand for a refusal in a repository: they end when something succeeds there. */
export class RefusalNotes {
  readonly #notes = new SharedCache<readonly string[]>({ maxEntries: MAX_NOTES, maxBytes: MAX_BYTES });

  /** Notes a key of the token cache; the oldest of too many is forgotten. */
  add(connectorUid: string, repository: string, key: string): void {
    const others = (this.#notes.get(repository) ?? []).filter((known) => known !== key);
    const keys = [...others, key].slice(-MAX_KEYS);
    this.#notes.set(repository, keys, { owner: connectorUid, bytes: keys.reduce((sum, { length }) => sum + length, 0) });
  }

  /** The keys noted for the repository, which are forgotten. */
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
