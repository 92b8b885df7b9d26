import { type KubeObject } from '@oci-connector/connector-api';
import { concat, defer, merge, mergeMap, type Observable } from 'rxjs';
import { type StoreChange } from './object-store';
import { type Reflector } from './reflector';
import { formatKey, keyOf, type ObjectKey, parseKey } from './resource-type';
import { type WorkQueue } from './work-queue';

/** What to do after a reconcile. Without a result: wait for a change. */
export interface ReconcileResult {
  /** Reconcile again after this many milliseconds even if nothing changes. */
  readonly requeueAfterMs?: number;
}

/**
 * Brings the cluster into the state that one object specifies. It gets a key, never an event: it reads the current state of everything
 * it needs and acts on that, so events may be lost, repeated or merged ("level-based"). After an error it is called again, with
 * back-off. The object may no longer exist. The signal aborts when the program stops or loses its leadership; write nothing after that.
 */
export interface Reconciler {
  reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult | void>;
}

/** A source of keys to reconcile. */
export interface ReconcileTrigger {
  /** The reflector to start and to wait for. */
  readonly reflector: { start(): void; whenSynced(): Promise<boolean> };
  /** The keys to reconcile: first those for the present objects, then those for each change. */
  readonly keys: Observable<ObjectKey>;
}

/** Returns a trigger with the keys that `keysOf` returns for each object in the reflector, and for each later change. */
export function onChange<T extends KubeObject>(
  reflector: Reflector<T>,
  keysOf: (change: StoreChange<T>) => Iterable<ObjectKey>,
): ReconcileTrigger {
  const present = defer(() => reflector.list().map((object): StoreChange<T> => ({ type: 'added', key: formatKey(keyOf(object)), object })));
  return { reflector, keys: concat(present, reflector.changes).pipe(mergeMap(keysOf)) };
}

/** How one reconcile ended. */
export type ReconcileOutcome = 'success' | 'requeue' | 'error';

export interface RunReconcilerOptions {
  readonly reconciler: Reconciler;
  readonly triggers: readonly ReconcileTrigger[];
  /** Not started yet; carries concurrency, back-off and metrics. */
  readonly queue: WorkQueue;
  /** Called for each failure; the key is reconciled again. For logs. */
  readonly onError?: (key: ObjectKey, error: unknown) => void;
  readonly onOutcome?: (outcome: ReconcileOutcome) => void;
}

export interface RunningReconciler {
  /** Resolves with true when all reflectors are in sync and work has begun; with false when stopped before that. */
  readonly started: Promise<boolean>;
  /** Adds a key. */
  add(key: ObjectKey): void;
  /** Takes no more keys, and resolves when those in work are done. The reflectors keep running, because they belong to the caller. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
}

/**
 * Connects reflectors, queue and reconciler. Work begins only when every reflector has its first list, because a reconciler with
 * incomplete data would undo the work for objects that it does not see. Objects that are already in the reflectors are reconciled too, so
 * this function may be called again (a second term as leader) with reflectors that never stopped.
 */
export function runReconciler(options: RunReconcilerOptions): RunningReconciler {
  const { queue, triggers } = options;
  let stopped = false;
  const add = (key: ObjectKey): void => queue.add(formatKey(key));
  const subscription = merge(...triggers.map(({ keys }) => keys)).subscribe(add);
  triggers.forEach(({ reflector }) => reflector.start());
  const begin = async (): Promise<boolean> => {
    const synced = await Promise.all(triggers.map(({ reflector }) => reflector.whenSynced()));
    if (stopped || synced.includes(false)) {
      return false;
    }
    queue.start((key, signal) => reconcileKey(options, key, signal));
    return true;
  };
  return {
    started: begin(),
    add,
    stop: async (stopOptions) => {
      stopped = true;
      subscription.unsubscribe();
      await queue.stop(stopOptions);
    },
  };
}

async function reconcileKey(options: RunReconcilerOptions, key: string, signal: AbortSignal): Promise<void> {
  try {
    const result = await options.reconciler.reconcile(parseKey(key), signal);
    options.onOutcome?.(succeeded(options.queue, key, result));
  } catch (error) {
    if (!signal.aborted) {
      options.onError?.(parseKey(key), error);
      options.queue.addRateLimited(key);
      options.onOutcome?.('error');
    }
  }
}

function succeeded(queue: WorkQueue, key: string, result: ReconcileResult | void): ReconcileOutcome {
  queue.forget(key);
  if (result?.requeueAfterMs === undefined) {
    return 'success';
  }
  queue.addAfter(key, result.requeueAfterMs);
  return 'requeue';
}
