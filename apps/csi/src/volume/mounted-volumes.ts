/** The mounted volumes that this process knows, for the metric and for a quick check for changes. The file system is authoritative. */
export class MountedVolumes {
  readonly #volumes = new Map<string, MountedVolume>();

  /** @param now monotonic milliseconds */
  constructor(private readonly now: () => number) {}

  get size(): number {
    return this.#volumes.size;
  }

  /**
   * How long the files of a volume have not been found or brought up to date, in milliseconds, of the volume for which this is longest; 0
   * without volumes. Of volumes of an earlier driver, the time counts from the start of this one.
   */
  get staleness(): number {
    let oldest = this.now();
    for (const { currentAt } of this.#volumes.values()) {
      oldest = Math.min(oldest, currentAt);
    }
    return this.now() - oldest;
  }

  /**
   * Adds a volume, or another key of it.
   *
   * @param key of the inputs of its files, see volume-keys.ts; undefined when unknown
   */
  add(target: string, key?: string): void {
    this.#volumes.set(target, { key, currentAt: this.#volumes.get(target)?.currentAt ?? this.now() });
  }

  /** Records that the files of a volume are up to date now. */
  refreshed(target: string): void {
    const volume = this.#volumes.get(target);
    if (volume) {
      volume.currentAt = this.now();
    }
  }

  has(target: string): boolean {
    return this.#volumes.has(target);
  }

  keyOf(target: string): string | undefined {
    return this.#volumes.get(target)?.key;
  }

  remove(target: string): void {
    this.#volumes.delete(target);
  }
}

interface MountedVolume {
  readonly key?: string;
  currentAt: number;
}
