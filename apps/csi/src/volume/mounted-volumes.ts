/** The mounted volumes that this process knows, for the metric and for a quick check for changes. The file system is authoritative. */
export class MountedVolumes {
  readonly #keys = new Map<string, string | undefined>();

  get size(): number {
    return this.#keys.size;
  }

  /** @param key of the inputs of its files, see volume-keys.ts; undefined when unknown */
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
