import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '@oci-connector/clock';
import { type KubeObject } from '@oci-connector/connector-api';
import { visible } from '@oci-connector/sensitive';
import { LRUCache } from 'lru-cache';
import { KubeApiError } from './kube.errors';
import { type KubeClient } from './kube-client';
import { type CoreEvent, type InvolvedObject } from './kube-objects';
import { Events, type ObjectKey } from './resource-type';

export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'patch'>;
  /** Name of the program, shown by `kubectl describe` as the source. */
  readonly component: string;
  /** Called for each event that could not be written; the recorder itself does nothing else. For logs. */
  readonly onError?: (error: unknown) => void;
  readonly clock?: Clock;
}

/** The content of an event about an object. */
export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  /** One word in CamelCase, for machines. */
  readonly reason: string;
  /** One sentence, for people. Never a secret, because everybody who may read events sees it. */
  readonly message: string;
}

/** `events.k8s.io` allows notes of this many bytes; the older API has no limit, but the store is shared. */
const MAX_MESSAGE_BYTES = 1024;

/** Events remembered to count repetitions. kubectl shows events of one hour, after which the API server deletes them. */
const REMEMBERED = { max: 2_000, ttl: 600_000 };

/** The most events that wait to be written. Further events are dropped, so that many events do not become many requests. */
const MAX_WAITING = 500;

/** Writes core/v1 Events in the background, one after the other. A repeated event increases the count of the first one. */
export class EventRecorder {
  readonly #written: LRUCache<string, { readonly key: ObjectKey; count: number }>;
  readonly #clock: Clock;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(private readonly options: EventRecorderOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#written = new LRUCache({ ...REMEMBERED, perf: { now: () => this.#clock.monotonic() }, ttlResolution: 0 });
  }

  /** Returns immediately. A failure is reported only to `onError`. */
  record(object: KubeObject, note: EventNote): void {
    if (this.#waiting >= MAX_WAITING) {
      this.options.onError?.(new Error(`Event dropped, ${MAX_WAITING} are waiting already: ${note.reason}`));
      return;
    }
    const involved = involvedObject(object);
    const told = { ...note, message: truncate(visible(note.message, MAX_MESSAGE_BYTES)) };
    this.#waiting++;
    this.#tail = this.#tail
      .then(() => this.#write(involved, told))
      .catch((error: unknown) => this.options.onError?.(error))
      .finally(() => {
        this.#waiting--;
      });
  }

  /** Resolves when all events recorded so far are written or have failed. */
  async flush(): Promise<void> {
    await this.#tail;
  }

  async #write(object: InvolvedObject, note: EventNote): Promise<void> {
    const id = JSON.stringify([object.kind, object.namespace, object.name, object.uid, note.type, note.reason, note.message]);
    const earlier = this.#written.get(id);
    if (earlier !== undefined && (await this.#countUp(earlier))) {
      return;
    }
    this.#written.delete(id);
    const event = await this.options.client.create(Events, this.#newEvent(object, note));
    const { namespace, name } = event.metadata;
    this.#written.set(id, { key: { namespace, name }, count: 1 });
  }

  /** Returns false when the event no longer exists and must be created again. */
  async #countUp(earlier: { readonly key: ObjectKey; count: number }): Promise<boolean> {
    try {
      const patch = { count: earlier.count + 1, lastTimestamp: this.#timestamp() };
      await this.options.client.patch(Events, earlier.key, patch);
      earlier.count++;
      return true;
    } catch (error) {
      if (error instanceof KubeApiError && error.isNotFound) {
        return false;
      }
      throw error;
    }
  }

  #newEvent(object: InvolvedObject, note: EventNote): Omit<CoreEvent, 'apiVersion' | 'kind'> {
    const timestamp = this.#timestamp();
    const { component } = this.options;
    return {
      metadata: {
        name: `${object.name}.${randomBytes(8).toString('hex')}`,
        // Events of cluster-scoped objects live in "default", as those of Nodes do.
        namespace: object.namespace ?? 'default',
      },
      involvedObject: object,
      ...note,
      source: { component },
      reportingComponent: component,
      reportingInstance: component,
      count: 1,
      firstTimestamp: timestamp,
      lastTimestamp: timestamp,
    };
  }

  /** The API's Time has a precision of seconds. */
  #timestamp(): string {
    return new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}

function involvedObject({ apiVersion, kind, metadata }: KubeObject): InvolvedObject {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion, kind, name, namespace, uid, resourceVersion };
}

function truncate(message: string): string {
  if (Buffer.byteLength(message) <= MAX_MESSAGE_BYTES) {
    return message;
  }
  // A character cut in half becomes U+FFFD, of three bytes; room for that and for the ellipsis.
  return `${Buffer.from(message)
    .subarray(0, MAX_MESSAGE_BYTES - 6)
    .toString('utf8')}…`;
}
