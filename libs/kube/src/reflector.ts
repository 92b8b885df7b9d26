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
  /** One object by its name, for which RBAC may allow more than for the whole collection. */
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
  /** The server ends a watch after a random time between this and twice this, so that replicas do not come back together. */
  readonly watchSeconds: number;
  /** Silence after which a watch counts as dead. Bookmarks come about once a minute, so two of them were missed. */
  readonly idleTimeoutMs: number;
  readonly listTimeoutMs: number;
  readonly backOffInitialMs: number;
  /** Also the longest time that we notice the return of an API server late. */
  readonly backOffMaxMs: number;
  /** A watch that lived this long was a good one: the next failure starts from the shortest back-off again. */
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
 * Keeps a copy of a collection of the API server: lists it, watches from there, and lists again only when the server no longer
 * knows where we were (410). It never gives up and never empties its store because of a failure: readers go on with the last
 * state known. Every failure, also the 410, waits for the back-off, so that no answer of a server makes it loop.
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
   * What changes from now on; the store holds the new state already when a change is told. Subscribe before {@link start} to
   * see everything. Completes when the reflector stops.
   */
  get changes(): Observable<StoreChange<T>> {
    return this.#changes.asObservable();
  }

  /** Each failure from now on, for logs; the reflector goes on by itself. Completes when the reflector stops. */
  get failures(): Observable<WatchFailure> {
    return this.#failures.asObservable();
  }

  /** True once the first list is in the store; stays true during outages. */
  get hasSynced(): boolean {
    return this.#isSynced;
  }

  get(key: ObjectKey): T | undefined {
    return this.#store.get(formatKey(key));
  }

  list(): T[] {
    return this.#store.list();
  }

  /** Objects for which the named indexer gave this value. */
  byIndex(name: string, value: string): T[] {
    return this.#store.byIndex(name, value);
  }

  /** Begins; does nothing when it has begun already. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the watch, and resolves when nothing goes on any more. The store keeps its state. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the reflector was stopped'));
    await this.#running;
    this.#changes.complete();
    this.#failures.complete();
    this.#synced.complete();
  }

  /** Resolves with true after the first list, with false when the reflector stops before. */
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

  /** One round. Returns how long to wait before the next, in milliseconds. */
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

  /** A list that succeeds is no sign of health: with a server that answers every watch with 410 it always does. */
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
 * Answers after which only a new list helps: 410, the server has forgotten our resource version; 504, it has never heard of it
 * (restored from a backup); 400, it cannot read it (another server).
 */
const UNKNOWN_POSITION: ReadonlySet<number> = new Set([400, 410, 504]);

/** Who set which field is often the larger half of an object, and nobody here asks. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  return { ...object, metadata: { ...object.metadata, managedFields: undefined } };
}
