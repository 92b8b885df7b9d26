export interface SharedCacheOptions {
  readonly maxEntries: number;
  /** Limit of all entries together, in bytes as the callers estimate them. */
  readonly maxBytes: number;
}

export interface SharedEntryOptions {
  /** The cause of the entry: a Connector or a namespace. */
  readonly owner: string;
  /** Memory of the value, in bytes. The cache adds the size of the key. */
  readonly bytes: number;
}

/** Memory of an entry without its key and value, in bytes: two objects and a slot in a map. */
const ENTRY_BYTES = 200;

interface Entry<V> {
  readonly key: string;
  readonly value: V;
  readonly bytes: number;
  readonly owner: Owner<V>;
  older?: Entry<V>;
  newer?: Entry<V>;
}

/** The entries of one owner, in the order of use. */
interface Owner<V> {
  readonly name: string;
  entries: number;
  bytes: number;
  oldest?: Entry<V>;
  newest?: Entry<V>;
}

/**
 * A cache with a limit in bytes that its owners share. When it is full, a new entry of an owner with more than an equal share evicts
 * the least recently used entry of that owner. A new entry of an owner with less evicts an entry of the largest owner. So an owner
 * cannot evict the entries of others by filling the cache.
 */
export class SharedCache<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #owners = new Map<string, Owner<V>>();
  #bytes = 0;

  constructor(private readonly options: SharedCacheOptions) {}

  /** Number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** Memory of all entries with their keys, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  /** Returns the value, and marks it as used. */
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

  /** Returns the value without marking it as used. */
  peek(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Stores a value, unless it alone exceeds the limit of the cache. */
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

  /** @param asking the owner whose new entry needs space */
  #evict(asking: Owner<V>): void {
    const average = this.#load({ bytes: this.#bytes, entries: this.#entries.size }) / this.#owners.size;
    const owner = asking.entries > 1 && this.#load(asking) >= average ? asking : this.#largest();
    if (owner.oldest) {
      this.delete(owner.oldest.key);
    }
  }

  /** Returns the owner with the largest share. Only needed for new entries of small owners: large owners evict their own entries. */
  #largest(): Owner<V> {
    return [...this.#owners.values()].reduce((one, other) => (this.#load(other) > this.#load(one) ? other : one));
  }

  /** Returns the used part of the cache, as the sum of both limits' shares. */
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
