import { type Clock, sleep, systemClock } from '@oci-connector/clock';
import { type KubeObject } from '@oci-connector/connector-api';
import { lastValueFrom, type Observable, Subject } from 'rxjs';
import { BackOff } from './back-off';
import { KubeApiError } from './kube.errors';
import { type KubeClient, type ListOptions } from './kube-client';
import { type Indexer, ObjectStore, type StoreChange } from './object-store';
import { formatKey, type ObjectKey, type ResourceType } from './resource-type';
import { type WatchEvent } from './watch-stream';

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: Pick<KubeClient, 'list' | 'watch'>;
  readonly type: ResourceType<T>;
  /** One namespace; all of them when absent. */
  readonly namespace?: string;
  /** Only the object with this name. RBAC may allow access to it without access to the whole collection. */
  readonly name?: string;
  readonly labelSelector?: string;
  readonly indexers?: Readonly<Record<string, Indexer<T>>>;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly timing?: Partial<ReflectorTiming>;
}

/** A list or a watch that failed. */
export interface WatchFailure {
  /** The plural of its type, such as `connectors`. */
  readonly resource: string;
  readonly error: unknown;
}

/** All in milliseconds unless the name says otherwise. */
export interface ReflectorTiming {
  /** The server ends a watch after a random time between this and twice this, so that replicas do not reconnect together. */
  readonly watchSeconds: number;
  /** The time without data after which a watch counts as dead. Bookmarks arrive about once a minute, so two of them were missed. */
  readonly idleTimeoutMs: number;
  readonly listTimeoutMs: number;
  readonly backOffInitialMs: number;
  /** Also the longest delay until the return of an API server is noticed. */
  readonly backOffMaxMs: number;
  /** After a watch of at least this length, the next failure starts from the shortest back-off again. */
  readonly stableAfterMs: number;
}

const DEFAULT_TIMING: ReflectorTiming = {
  watchSeconds: 240,
  idleTimeoutMs: 120_000,
  listTimeoutMs: 60_000,
  backOffInitialMs: 500,
  backOffMaxMs: 10_000,
  stableAfterMs: 10_000,
};

/**
 * Keeps a copy of a collection of the API server. It lists the collection, watches from that version, and lists again only when the
 * server no longer has that version (410). It never gives up and never empties its store because of a failure: readers continue with
 * the last known state. Every failure, also the 410, waits for the back-off, so that no response of a server causes a busy loop.
 */
export class Reflector<T extends KubeObject> {
  readonly #store: ObjectStore<T>;
  readonly #changes = new Subject<StoreChange<T>>();
  readonly #failures = new Subject<WatchFailure>();
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #timing: ReflectorTiming;
  readonly #backOff: BackOff;
  readonly #stopping = new AbortController();
  readonly #synced = new Subject<void>();
  #running?: Promise<void>;
  #resourceVersion?: string;
  #isSynced = false;

  constructor(private readonly options: ReflectorOptions<T>) {
    this.#store = new ObjectStore(options.indexers);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    const { backOffInitialMs: initialMs, backOffMaxMs: maxMs } = this.#timing;
    this.#backOff = new BackOff({ initialMs, maxMs, random: this.#random });
  }

  /**
   * The changes from now on. The store has the new state before a change is emitted. Subscribe before {@link start} to see all changes.
   * Completes when the reflector stops.
   */
  get changes(): Observable<StoreChange<T>> {
    return this.#changes.asObservable();
  }

  /** The failures from now on, for logs; the reflector continues after each. Completes when the reflector stops. */
  get failures(): Observable<WatchFailure> {
    return this.#failures.asObservable();
  }

  /** True after the first list is in the store; stays true during outages. */
  get hasSynced(): boolean {
    return this.#isSynced;
  }

  get(key: ObjectKey): T | undefined {
    return this.#store.get(formatKey(key));
  }

  list(): T[] {
    return this.#store.list();
  }

  /** Returns the objects for which the named indexer returned this value. */
  byIndex(name: string, value: string): T[] {
    return this.#store.byIndex(name, value);
  }

  /** Starts the reflector. Does nothing when it was started already. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the watch, and resolves when all work has ended. The store keeps its state. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the reflector was stopped'));
    await this.#running;
    this.#changes.complete();
    this.#failures.complete();
    this.#synced.complete();
  }

  /** Resolves with true after the first list; with false when the reflector stops before that. */
  async whenSynced(): Promise<boolean> {
    await lastValueFrom(this.#synced, { defaultValue: undefined });
    return this.#isSynced;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const pause = await this.#listAndWatch();
      if (pause > 0) {
        await sleep(this.#clock, pause, signal);
      }
    }
  }

  /** Lists and watches once. Returns how long to wait before the next round, in milliseconds. */
  async #listAndWatch(): Promise<number> {
    let openedAt: number | undefined;
    try {
      this.#resourceVersion ??= await this.#relist();
      await this.#watch(this.#resourceVersion, () => {
        openedAt = this.#clock.monotonic();
      });
      return this.#wasStable(openedAt) ? 0 : this.#backOff.next();
    } catch (error) {
      return this.#failed(error, openedAt);
    }
  }

  #failed(error: unknown, openedAt: number | undefined): number {
    if (this.#stopping.signal.aborted) {
      return 0;
    }
    if (error instanceof KubeApiError && UNKNOWN_POSITION.has(error.status)) {
      this.#resourceVersion = undefined;
    }
    this.#failures.next({ resource: this.options.type.plural, error });
    this.#wasStable(openedAt);
    const wait = error instanceof KubeApiError ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(this.#backOff.next(), Math.min(wait, this.#timing.backOffMaxMs));
  }

  /** A successful list does not count as stable: with a server that responds to every watch with 410, every list succeeds. */
  #wasStable(openedAt: number | undefined): boolean {
    if (openedAt === undefined || this.#clock.monotonic() - openedAt < this.#timing.stableAfterMs) {
      return false;
    }
    this.#backOff.reset();
    return true;
  }

  async #relist(): Promise<string> {
    const { items, resourceVersion } = await this.options.client.list(this.options.type, {
      ...this.#selection(),
      timeoutMs: this.#timing.listTimeoutMs,
    });
    const changes = this.#store.replace(items.map(withoutManagedFields));
    this.#isSynced = true;
    this.#publish(changes);
    this.#synced.complete();
    return resourceVersion;
  }

  async #watch(resourceVersion: string, onOpen: () => void): Promise<void> {
    const events = this.options.client.watch(this.options.type, {
      ...this.#selection(),
      resourceVersion,
      timeoutSeconds: Math.ceil(this.#timing.watchSeconds * (1 + this.#random())),
      idleTimeoutMs: this.#timing.idleTimeoutMs,
      onOpen,
    });
    for await (const event of events) {
      this.#publish(this.#apply(event));
      this.#resourceVersion = event.object.metadata.resourceVersion;
    }
  }

  #apply({ type, object }: WatchEvent<T>): StoreChange<T>[] {
    switch (type) {
      case 'ADDED':
      case 'MODIFIED':
        return this.#store.put(withoutManagedFields(object));
      case 'DELETED':
        return this.#store.delete(withoutManagedFields(object));
      case 'BOOKMARK':
        return [];
    }
  }

  #publish(changes: readonly StoreChange<T>[]): void {
    for (const change of changes) {
      this.#changes.next(change);
    }
  }

  #selection(): ListOptions {
    const { namespace, name, labelSelector } = this.options;
    return {
      namespace,
      labelSelector,
      fieldSelector: name === undefined ? undefined : `metadata.name=${name}`,
      signal: this.#stopping.signal,
    };
  }
}

/**
 * Statuses after which only a new list helps: 410, the server no longer has our resource version; 504, it has never had it (restored from
 * a backup); 400, it cannot parse it (another server).
 */
const UNKNOWN_POSITION: ReadonlySet<number> = new Set([400, 410, 504]);

/** Removes `managedFields`, which are often the larger half of an object and are not used here. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  return { ...object, metadata: { ...object.metadata, managedFields: undefined } };
}
