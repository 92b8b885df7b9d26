import { type ApiObject } from './api-object';
import { timestamp } from './timestamp';
import { type ObjectStore, type StoredChange } from './object-store';
import { type ResourceCatalog } from './resource-catalog';
import { storageType } from './resource-definition';

/** A stored object and the type under which it is stored. */
export interface Dependent {
  readonly resource: string;
  readonly object: ApiObject;
}

/** The objects that name an owner. */
export function dependentsOf(store: ObjectStore, ownerUid: string): Dependent[] {
  return store.resources().flatMap((resource) =>
    store
      .list(resource)
      .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === ownerUid))
      .map((object) => ({ resource, object })),
  );
}

/** Deletes what has lost all its owners, as kube-controller-manager's garbage collector does: in the background, after the deletion. */
export class GarbageCollector {
  readonly #unsubscribe: () => void;
  readonly #dependents = new Map<string, Map<string, Dependent>>();
  #scheduled?: NodeJS.Immediate;
  readonly #suspects: Dependent[] = [];

  constructor(
    private readonly store: ObjectStore,
    private readonly catalog: ResourceCatalog,
    private readonly clock: () => number,
  ) {
    this.#unsubscribe = store.subscribe((change) => this.#onChange(change));
  }

  stop(): void {
    this.#unsubscribe();
    clearImmediate(this.#scheduled);
  }

  #onChange({ type, resource, object, previous }: StoredChange): void {
    const { uid = '' } = object.metadata;
    if (previous) {
      this.#forget(previous);
    }
    if (type === 'DELETED') {
      this.#suspects.push(...(this.#dependents.get(uid)?.values() ?? []));
      this.#dependents.delete(uid);
    } else {
      this.#remember({ resource, object });
    }
    if (this.#suspects.length > 0) {
      this.#scheduled ??= setImmediate(() => this.#collect());
    }
  }

  #forget({ metadata: { uid = '', ownerReferences = [] } }: ApiObject): void {
    for (const owner of ownerReferences) {
      this.#dependents.get(owner.uid)?.delete(uid);
    }
  }

  /** An object may also be created after its owner is gone. */
  #remember(dependent: Dependent): void {
    const owners = dependent.object.metadata.ownerReferences ?? [];
    for (const { uid } of owners) {
      const known = this.#dependents.get(uid) ?? new Map<string, Dependent>();
      this.#dependents.set(uid, known.set(dependent.object.metadata.uid ?? '', dependent));
    }
    if (owners.length > 0 && !this.#hasOwner(dependent.object)) {
      this.#suspects.push(dependent);
    }
  }

  #collect(): void {
    this.#scheduled = undefined;
    for (const { resource, object } of this.#suspects.splice(0)) {
      const current = this.store.get(resource, object.metadata);
      if (current?.metadata.uid !== object.metadata.uid || !current || this.#hasOwner(current)) {
        continue;
      }
      const { metadata } = current;
      if ((metadata.finalizers ?? []).length === 0) {
        this.store.remove(resource, metadata);
      } else if (!metadata.deletionTimestamp) {
        const deletionTimestamp = timestamp(this.clock());
        this.store.put(resource, { ...current, metadata: { ...metadata, deletionTimestamp } });
      }
    }
  }

  /** An owner lives in the cluster or in the namespace of what it owns, nowhere else. */
  #hasOwner({ metadata: { ownerReferences = [], namespace } }: ApiObject): boolean {
    return (
      ownerReferences.length === 0 ||
      ownerReferences.some(({ apiVersion, kind, name, uid }) => {
        const definition = this.catalog.findKind(apiVersion, kind);
        // Kubernetes keeps what it cannot judge.
        if (!definition) {
          return true;
        }
        const key = definition.namespaced ? { namespace, name } : { name };
        return this.store.get(storageType(definition), key)?.metadata.uid === uid;
      })
    );
  }
}
