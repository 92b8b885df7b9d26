import { type ApiObject, type ObjectName, storageKey } from './api-object';

/** One change of one object. Objects in the store are never modified: every change stores another one. */
export interface StoredChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  readonly version: number;
  /** After the change; for DELETED the last state, with the resource version of the deletion. */
  readonly object: ApiObject;
  /** Before the change; absent for ADDED. */
  readonly previous?: ApiObject;
}

export type ChangeListener = (change: StoredChange) => void;

/** All objects, one global sequence of resource versions, and a bounded history of changes. */
export class ObjectStore {
  readonly #objects = new Map<string, Map<string, ApiObject>>();
  readonly #listeners = new Set<ChangeListener>();
  #history: StoredChange[] = [];
  /** Changes up to and including this version are forgotten. */
  #forgotten = 0;
  #latest = 0;
  readonly #undelivered: StoredChange[] = [];

  /** @param historySize how many changes are remembered */
  constructor(private readonly historySize: number) {}

  /** The latest resource version. */
  get version(): number {
    return this.#latest;
  }

  get(resource: string, name: ObjectName): ApiObject | undefined {
    return this.#objects.get(resource)?.get(storageKey(name));
  }

  /** In the order of namespace and name, as etcd keeps them. */
  list(resource: string, namespace?: string): ApiObject[] {
    const all = [...(this.#objects.get(resource)?.entries() ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    const objects = all.map(([, object]) => object);
    return namespace ? objects.filter((object) => object.metadata.namespace === namespace) : objects;
  }

  /** Types that hold at least one object. */
  resources(): string[] {
    return [...this.#objects.keys()];
  }

  /** Creates or replaces, and gives the object the next resource version. */
  put(resource: string, object: ApiObject): ApiObject {
    const previous = this.get(resource, object.metadata);
    const stored = withVersion(object, (this.#latest += 1));
    const objects = this.#objects.get(resource) ?? new Map<string, ApiObject>();
    this.#objects.set(resource, objects.set(storageKey(object.metadata), stored));
    this.#record({ type: previous ? 'MODIFIED' : 'ADDED', resource, version: this.#latest, object: stored, previous });
    return stored;
  }

  /** Does nothing when there is no such object. */
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

  /** Changes of a type after a version; undefined when some of them are forgotten. */
  changesSince(resource: string, version: number): StoredChange[] | undefined {
    if (version < this.#forgotten) {
      return undefined;
    }
    return this.#history.filter((change) => change.resource === resource && change.version > version);
  }

  /** Whether nothing that happened after a version is forgotten. */
  remembers(version: number): boolean {
    return version >= this.#forgotten;
  }

  /** The oldest version that a watch may start from. */
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
    // Twice the size before trimming, so that trimming costs little per change.
    if (this.#history.length >= this.historySize * 2) {
      this.#history = this.#history.slice(-this.historySize);
      this.#forgotten = (this.#history[0]?.version ?? this.#latest + 1) - 1;
    }
    this.#undelivered.push(change);
    if (this.#undelivered.length === 1) {
      this.#deliver();
    }
  }

  /** A listener may itself change objects; every listener still sees all changes in their order. */
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
