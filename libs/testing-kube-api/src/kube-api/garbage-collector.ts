import { type ApiObject } from './api-object';
import { timestamp } from './timestamp';
import { type ObjectStore, type StoredChange } from './object-store';
import { type ResourceCatalog } from './resource-catalog';
import { storageType } from './resource-definition';

/** A stored object and its type. */
export interface Dependent {
  readonly resource: string;
  readonly object: ApiObject;
}

/** Returns the objects that refer to an owner. */
export function dependentsOf(store: ObjectStore, ownerUid: string): Dependent[] {
  return store.resources().flatMap((resource) =>
    store
      .list(resource)
      .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === ownerUid))
      .map((object) => ({ resource, object })),
  );
}

/** Deletes objects whose owners were all deleted, in the background, as the garbage collector of kube-controller-manager does. */
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

  /** Records the owners of an object. An object may also be created after its owner was deleted. */
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

  /** Reports whether an owner exists. An owner is cluster-scoped, or in the same namespace as its dependent. */
  #hasOwner({ metadata: { ownerReferences = [], namespace } }: ApiObject): boolean {
    return (
      ownerReferences.length === 0 ||
      ownerReferences.some(({ apiVersion, kind, name, uid }) => {
        const definition = this.catalog.findKind(apiVersion, kind);
        // Kubernetes keeps objects whose owner has an unknown type.
        if (!definition) {
          return true;
        }
        const key = definition.namespaced ? { namespace, name } : { name };
        return this.store.get(storageType(definition), key)?.metadata.uid === uid;
      })
    );
  }
}
