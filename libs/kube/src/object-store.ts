import { type KubeObject } from '@oci-connector/connector-api';
import { formatKey, keyOf } from './resource-type';

/** A change of one object. An object that is deleted and created again under the same name (another UID) leads to both, in this order. */
export type StoreChange<T> =
  | { readonly type: 'added'; readonly key: string; readonly object: T }
  | { readonly type: 'modified'; readonly key: string; readonly object: T; readonly previous: T }
  | { readonly type: 'deleted'; readonly key: string; readonly object: T };

/** Returns the values under which an object can be found. */
export type Indexer<T> = (object: T) => readonly string[];

/**
 * The objects of a reflector by key, with indexes. All readers share the objects and must not change them.
 * The methods that change the store return the changes.
 */
export class ObjectStore<T extends KubeObject> {
  #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor(private readonly indexers: Readonly<Record<string, Indexer<T>>> = {}) {
    this.#clearIndexes();
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  /** Returns the objects for which the named indexer returned this value. */
  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) {
      throw new TypeError(`There is no index "${name}"`);
    }
    return [...(index.get(value) ?? [])].map((key) => this.#objects.get(key) as T);
  }

  put(object: T): StoreChange<T>[] {
    const key = formatKey(keyOf(object));
    const previous = this.#objects.get(key);
    if (previous !== undefined && sameVersion(previous, object)) {
      return [];
    }
    this.#unindex(key, previous);
    this.#objects.set(key, object);
    this.#index(key, object);
    return difference(key, previous, object);
  }

  delete(object: T): StoreChange<T>[] {
    const key = formatKey(keyOf(object));
    const previous = this.#objects.get(key);
    if (previous === undefined) {
      return [];
    }
    this.#unindex(key, previous);
    this.#objects.delete(key);
    // The server's last state of the object, not the last one in the store.
    return [{ type: 'deleted', key, object }];
  }

  /** Replaces all objects in one step: no reader ever sees a mixture or an empty store. */
  replace(objects: readonly T[]): StoreChange<T>[] {
    const before = this.#objects;
    this.#objects = new Map(objects.map((object) => [formatKey(keyOf(object)), object]));
    this.#clearIndexes();
    const changes: StoreChange<T>[] = [];
    for (const [key, object] of before) {
      if (!this.#objects.has(key)) {
        changes.push({ type: 'deleted', key, object });
      }
    }
    for (const [key, object] of this.#objects) {
      this.#index(key, object);
      changes.push(...difference(key, before.get(key), object));
    }
    return changes;
  }

  #clearIndexes(): void {
    for (const name of Object.keys(this.indexers)) {
      this.#indexes.set(name, new Map());
    }
  }

  #index(key: string, object: T): void {
    for (const [index, value] of this.#entries(object)) {
      const keys = index.get(value);
      if (keys === undefined) {
        index.set(value, new Set([key]));
      } else {
        keys.add(key);
      }
    }
  }

  #unindex(key: string, object: T | undefined): void {
    for (const [index, value] of object === undefined ? [] : this.#entries(object)) {
      const keys = index.get(value);
      keys?.delete(key);
      if (keys?.size === 0) {
        index.delete(value);
      }
    }
  }

  *#entries(object: T): Generator<[Map<string, Set<string>>, string], void, undefined> {
    for (const [name, indexer] of Object.entries(this.indexers)) {
      for (const value of indexer(object)) {
        yield [this.#indexes.get(name) as Map<string, Set<string>>, value];
      }
    }
  }
}

function difference<T extends KubeObject>(key: string, previous: T | undefined, object: T): StoreChange<T>[] {
  if (previous === undefined) {
    return [{ type: 'added', key, object }];
  }
  if (previous.metadata.uid !== object.metadata.uid) {
    return [
      { type: 'deleted', key, object: previous },
      { type: 'added', key, object },
    ];
  }
  return sameVersion(previous, object) ? [] : [{ type: 'modified', key, object, previous }];
}

function sameVersion(one: KubeObject, other: KubeObject): boolean {
  return one.metadata.uid === other.metadata.uid && one.metadata.resourceVersion === other.metadata.resourceVersion;
}
