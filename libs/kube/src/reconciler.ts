import { type KubeObject } from '@oci-connector/connector-api';
import { concat, defer, merge, mergeMap, type Observable } from 'rxjs';
import { type StoreChange } from './object-store';
import { type Reflector } from './reflector';
import { formatKey, keyOf, type ObjectKey, parseKey } from './resource-type';
import { type WorkQueue } from './work-queue';

/** What a reconciler wants next. Nothing means: wait for a change. */
export interface ReconcileResult {
  /** Come back after this many milliseconds even if nothing changes. */
  readonly requeueAfterMs?: number;
}

/**
 * Brings the world into the state that one object asks for. It is told a key, never an event: it reads the present state of
 * everything it needs and acts on that, so events may be lost, repeated or joined ("level-based"). An error means: again, with
 * back-off. The object may be gone by now. The signal aborts when the program stops or loses its leadership: write nothing
 * after that.
 */
export interface Reconciler {
  reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult | void>;
}

/** Which keys a change of something concerns. */
export interface ReconcileTrigger {
  /** Starts the reflector, and tells whether the first list arrived. */
  readonly reflector: { start(): void; whenSynced(): Promise<boolean> };
  /** What is to be reconciled: at first what there is, then what each change concerns. */
  readonly keys: Observable<ObjectKey>;
}

/** Reconciles what `keysOf` says for each object that the reflector holds, and for each change that it sees. */
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
  /** Told each failure; the key comes back by itself. For logs. */
  readonly onError?: (key: ObjectKey, error: unknown) => void;
  readonly onOutcome?: (outcome: ReconcileOutcome) => void;
}

export interface RunningReconciler {
  /** Resolves with true when all reflectors are in sync and work has begun, with false when stopped before. */
  readonly started: Promise<boolean>;
  /** Adds a key by hand. */
  add(key: ObjectKey): void;
  /** No further keys; resolves when those in work are done. The reflectors go on: they belong to the caller. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
}

/**
 * Connects reflectors, queue and reconciler. Work begins only when every reflector has its first list: a reconciler that reads
 * half a world would undo what it does not see. Objects that the reflectors hold already are told as well, so it may be run
 * again (a second term as leader) over reflectors that never stopped.
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
