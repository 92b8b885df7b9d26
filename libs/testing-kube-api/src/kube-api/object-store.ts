import { type ApiObject, type ObjectName, storageKey } from './api-object';

/** A change of an object. Objects in the store are immutable: every change stores a new object. */
export interface StoredChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  readonly version: number;
  /** The object after the change; for DELETED its last state, with the resource version of the deletion. */
  readonly object: ApiObject;
  /** The object before the change; absent for ADDED. */
  readonly previous?: ApiObject;
}

export type ChangeListener = (change: StoredChange) => void;

/** Stores all objects, with one global sequence of resource versions and a bounded history of changes. */
export class ObjectStore {
  readonly #objects = new Map<string, Map<string, ApiObject>>();
  readonly #listeners = new Set<ChangeListener>();
  #history: StoredChange[] = [];
  /** Changes up to and including this version are no longer in the history. */
  #forgotten = 0;
  #latest = 0;
  readonly #undelivered: StoredChange[] = [];

  /** @param historySize number of changes in the history */
  constructor(private readonly historySize: number) {}

  /** The latest resource version. */
  get version(): number {
    return this.#latest;
  }

  get(resource: string, name: ObjectName): ApiObject | undefined {
    return this.#objects.get(resource)?.get(storageKey(name));
  }

  /** Returns objects in the order of namespace and name, as etcd does. */
  list(resource: string, namespace?: string): ApiObject[] {
    const all = [...(this.#objects.get(resource)?.entries() ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    const objects = all.map(([, object]) => object);
    return namespace ? objects.filter((object) => object.metadata.namespace === namespace) : objects;
  }

  /** Returns the types that have had at least one object. */
  resources(): string[] {
    return [...this.#objects.keys()];
  }

  /** Creates or replaces an object, with the next resource version. */
  put(resource: string, object: ApiObject): ApiObject {
    const previous = this.get(resource, object.metadata);
    const stored = withVersion(object, (this.#latest += 1));
    const objects = this.#objects.get(resource) ?? new Map<string, ApiObject>();
    this.#objects.set(resource, objects.set(storageKey(object.metadata), stored));
    this.#record({ type: previous ? 'MODIFIED' : 'ADDED', resource, version: this.#latest, object: stored, previous });
    return stored;
  }

  /** Removes an object, if it exists. */
  remove(resource: string, name: ObjectName): ApiObject | undefined {
    const previous = this.get(resource, name);
    if (!previous) {
      return undefined;
    }
    this.#objects.get(resource)?.delete(storageKey(name));
    const object = withVersion(previous, (this.#latest += 1));
    this.#record({ type: 'DELETED', resource, version: this.#latest, object, previous });
    return object;
  }

  /** Returns the changes of a type after a version; undefined if the history does not contain all of them. */
  changesSince(resource: string, version: number): StoredChange[] | undefined {
    if (version < this.#forgotten) {
      return undefined;
    }
    return this.#history.filter((change) => change.resource === resource && change.version > version);
  }

  /** Reports whether the history contains all changes after a version. */
  remembers(version: number): boolean {
    return version >= this.#forgotten;
  }

  /** The oldest version from which a watch may start. */
  get oldest(): number {
    return this.#forgotten;
  }

  forgetHistory(): void {
    this.#history = [];
    this.#forgotten = this.#latest;
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #record(change: StoredChange): void {
    this.#history.push(change);
    // Trims only at twice the size, so that trimming costs little per change.
    if (this.#history.length >= this.historySize * 2) {
      this.#history = this.#history.slice(-this.historySize);
      this.#forgotten = (this.#history[0]?.version ?? this.#latest + 1) - 1;
    }
    this.#undelivered.push(change);
    if (this.#undelivered.length === 1) {
      this.#deliver();
    }
  }

  /** Delivers changes. A listener may change objects itself; every listener still receives all changes in order. */
  #deliver(): void {
    for (let change = this.#undelivered[0]; change; change = this.#undelivered[0]) {
      for (const listener of [...this.#listeners]) {
        listener(change);
      }
      this.#undelivered.shift();
    }
  }
}

function withVersion(object: ApiObject, version: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}
