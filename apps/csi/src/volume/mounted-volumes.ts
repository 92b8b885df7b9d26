/** The volumes that are mounted, as this process knows them: for the metric, and to see at once that nothing changed. What counts is the file system. */
export class MountedVolumes {
  readonly #keys = new Map<string, string | undefined>();

  get size(): number {
    return this.#keys.size;
  }

  /** @param key what its files were made of, see volume-keys.ts; undefined when that is not known */
  add(target: string, key?: string): void {
    this.#keys.set(target, key);
  }

  has(target: string): boolean {
    return this.#keys.has(target);
  }

  keyOf(target: string): string | undefined {
    return this.#keys.get(target);
  }

  remove(target: string): void {
    this.#keys.delete(target);
  }
}
