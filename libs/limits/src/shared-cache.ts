export interface SharedCacheOptions {
  readonly maxEntries: number;
  /** Of all entries together, as their callers say it. */
  readonly maxBytes: number;
}

export interface SharedEntryOptions {
  /** Who causes the entry: a Connector, a namespace. */
  readonly owner: string;
  /** What the value keeps in memory. The key is counted by the cache. */
  readonly bytes: number;
}

/** What an entry costs besides its key and its value: two objects and a place in a map. In bytes. */
const ENTRY_BYTES = 200;

interface Entry<V> {
  readonly key: string;
  readonly value: V;
  readonly bytes: number;
  readonly owner: Owner<V>;
  older?: Entry<V>;
  newer?: Entry<V>;
}

/** What one owner has in the cache, in the order of use. */
interface Owner<V> {
  readonly name: string;
  entries: number;
  bytes: number;
  oldest?: Entry<V>;
  newest?: Entry<V>;
}

/**
 * A cache with a limit in bytes that its owners share. When it is full, an owner that has more than an equal share gives up its own
 * least recently used entry; an owner that has less takes the place of the one that has most. So nobody can push out the entries of
 * others by filling the cache.
 */
export class SharedCache<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #owners = new Map<string, Owner<V>>();
  #bytes = 0;

  constructor(private readonly options: SharedCacheOptions) {}

  /** Entries in the cache. */
  get size(): number {
    return this.#entries.size;
  }

  /** What all entries cost, with their keys. */
  get bytes(): number {
    return this.#bytes;
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  /** The value; marks it as used. */
  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      return undefined;
    }
    if (entry.newer !== undefined) {
      unlink(entry);
      append(entry);
    }
    return entry.value;
  }

  /** The value, without marking it as used. */
  peek(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Keeps a value, unless it alone is larger than the cache. */
  set(key: string, value: V, { owner: name, bytes }: SharedEntryOptions): void {
    this.delete(key);
    const cost = ENTRY_BYTES + key.length + bytes;
    if (cost > this.options.maxBytes || this.options.maxEntries < 1) {
      return;
    }
    const owner = this.#owners.get(name) ?? { name, entries: 0, bytes: 0 };
    this.#owners.set(name, owner);
    const entry: Entry<V> = { key, value, bytes: cost, owner };
    this.#entries.set(key, entry);
    append(entry);
    owner.entries += 1;
    owner.bytes += cost;
    this.#bytes += cost;
    while (this.#bytes > this.options.maxBytes || this.#entries.size > this.options.maxEntries) {
      this.#evict(owner);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      return;
    }
    const { owner } = entry;
    this.#entries.delete(key);
    unlink(entry);
    owner.entries -= 1;
    owner.bytes -= entry.bytes;
    this.#bytes -= entry.bytes;
    if (owner.entries === 0) {
      this.#owners.delete(owner.name);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#owners.clear();
    this.#bytes = 0;
  }

  /** @param asking whose new entry needs the place */
  #evict(asking: Owner<V>): void {
    const average = this.#load({ bytes: this.#bytes, entries: this.#entries.size }) / this.#owners.size;
    const owner = asking.entries > 1 && this.#load(asking) >= average ? asking : this.#largest();
    if (owner.oldest) {
      this.delete(owner.oldest.key);
    }
  }

  /** Used only when a small owner asks: the large ones pay for themselves. */
  #largest(): Owner<V> {
    return [...this.#owners.values()].reduce((one, other) => (this.#load(other) > this.#load(one) ? other : one));
  }

  /** The part of the cache that is used, by both measures together. */
  #load({ bytes, entries }: Pick<Owner<V>, 'bytes' | 'entries'>): number {
    return bytes / this.options.maxBytes + entries / this.options.maxEntries;
  }
}

function append<V>(entry: Entry<V>): void {
  const { owner } = entry;
  entry.older = owner.newest;
  if (owner.newest) {
    owner.newest.newer = entry;
  }
  owner.newest = entry;
  owner.oldest ??= entry;
}

function unlink<V>(entry: Entry<V>): void {
  const { owner, older, newer } = entry;
  if (older) {
    older.newer = newer;
  } else {
    owner.oldest = newer;
  }
  if (newer) {
    newer.older = older;
  } else {
    owner.newest = older;
  }
  entry.older = undefined;
  entry.newer = undefined;
}
