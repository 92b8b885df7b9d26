import { type CoreEvent, EventRecorder, formatKey, keyOf, type KubeClient, parseKey, Reflector, WorkQueue } from '@oci-connector/kube';
import { until } from '../processes/until';
import { type Pod, Pods, PublishedVolume, type PublishOptions, volumesOf } from './published-volume';

export interface KubeletOptions extends Pick<PublishOptions, 'client' | 'socket' | 'kubeletDirectory' | 'republishMs'> {
  readonly client: KubeClient;
  /** Name of the CSI driver whose volumes are published. */
  readonly driver: string;
  /** Called for each volume after it was published. */
  readonly onPublished: (pod: Pod, volume: PublishedVolume) => void;
  /** Called when the driver refuses a volume, unless for the same reason as at the last attempt. */
  readonly onRefused: (pod: Pod, name: string, reason: Error) => void;
  /** Called for errors that cannot be reported by an Event. */
  readonly onProblem: (error: Error) => void;
  /** Initial and longest back-off, in milliseconds; by default those of the kubelet. */
  readonly backOffMs?: { readonly initial: number; readonly max: number };
}

/** initialDurationBeforeRetry and maxDurationBeforeRetry in pkg/util/goroutinemap/exponentialbackoff of Kubernetes. */
const BACK_OFF_MS = { initial: 500, max: 122_000 };

interface Mounted {
  readonly uid: string;
  readonly name: string;
  readonly volume: PublishedVolume;
}

/**
 * Publishes the volumes of all Pods as the kubelet does, from the creation to the deletion of a Pod. While the driver refuses, it retries
 * with increasing back-off, and records an Event with the reason each time. It runs no containers.
 */
export class Kubelet {
  readonly #pods: Reflector<Pod>;
  readonly #queue: WorkQueue;
  readonly #events: EventRecorder;
  /** Mounted volumes by the key of the Pod. */
  readonly #mounted = new Map<string, Mounted[]>();
  /** Reasons why volumes are not published, by {@link idOf}. */
  readonly #refusals = new Map<string, Error>();

  constructor(private readonly options: KubeletOptions) {
    const { client, onProblem, backOffMs = BACK_OFF_MS } = options;
    this.#pods = new Reflector({ client, type: Pods });
    this.#pods.failures.subscribe(({ error }) => onProblem(error as Error));
    this.#queue = new WorkQueue({ concurrency: 4, backOffInitialMs: backOffMs.initial, backOffMaxMs: backOffMs.max });
    this.#events = new EventRecorder({ client, component: 'kubelet', onError: (error) => onProblem(error as Error) });
  }

  start(): void {
    this.#pods.changes.subscribe(({ key }) => {
      // A Pod that was deleted and created again also begins with the shortest back-off.
      this.#queue.forget(key);
      this.#queue.add(key);
    });
    this.#queue.start((key) => this.#sync(key));
    this.#pods.start();
  }

  /** Stops, and unpublishes all volumes. */
  async stop(): Promise<void> {
    await this.#pods.stop();
    await this.#queue.stop();
    await Promise.all([...this.#mounted.keys()].map((key) => this.#unmount(key, () => true)));
    await this.#events.flush();
  }

  /**
   * Resolves with the volume when it is published.
   *
   * @throws Error with the driver's message when the driver still refuses after `patienceMs` milliseconds; publishing is retried anyway
   */
  async published(pod: Pod, name: string, patienceMs: number): Promise<PublishedVolume> {
    const key = formatKey(keyOf(pod));
    try {
      return await until(patienceMs, async () => {
        const found = this.#mounted.get(key)?.find((mounted) => mounted.name === name && mounted.uid === pod.metadata.uid);
        if (!found) {
          throw this.#refusals.get(idOf(pod, name)) ?? new Error('the CSI driver has not responded yet');
        }
        return found.volume;
      });
    } catch (error) {
      throw (error as Error).cause;
    }
  }

  async #sync(key: string): Promise<void> {
    const pod = this.#pods.get(parseKey(key));
    await this.#unmount(key, ({ uid }) => uid !== pod?.metadata.uid);
    if (!pod) {
      return;
    }
    let isRefused = false;
    for (const name of volumesOf(pod, this.options.driver)) {
      if (this.#mounted.get(key)?.some((mounted) => mounted.name === name)) {
        continue;
      }
      if (!(await this.#mount(pod, name))) {
        isRefused = true;
      }
    }
    if (isRefused) {
      this.#queue.addRateLimited(key);
    } else {
      this.#queue.forget(key);
    }
  }

  async #mount(pod: Pod, name: string): Promise<boolean> {
    const { client, socket, kubeletDirectory, republishMs, onPublished, onRefused } = this.options;
    const refused = (error: Error): void =>
      this.#record(pod, 'Warning', 'FailedMount', `MountVolume.SetUp failed for volume "${name}" : ${error.message}`);
    try {
      const volume = await PublishedVolume.publish({
        client,
        socket,
        kubeletDirectory,
        republishMs,
        pod,
        volume: name,
        onProblem: refused,
        patienceMs: 0,
      });
      const key = formatKey(keyOf(pod));
      this.#mounted.set(key, [...(this.#mounted.get(key) ?? []), { uid: pod.metadata.uid ?? '', name, volume }]);
      this.#refusals.delete(idOf(pod, name));
      this.#record(pod, 'Normal', 'VolumePublished', `Volume "${name}" is in ${volume.directory}; no containers run here`);
      onPublished(pod, volume);
      return true;
    } catch (error) {
      const { message, cause } = error as Error;
      const reason = cause instanceof Error ? cause : new Error(message);
      const isNew = this.#refusals.get(idOf(pod, name))?.message !== reason.message;
      this.#refusals.set(idOf(pod, name), reason);
      refused(reason);
      if (isNew) {
        onRefused(pod, name, reason);
      }
      return false;
    }
  }

  async #unmount(key: string, isOver: (mounted: Mounted) => boolean): Promise<void> {
    const all = this.#mounted.get(key) ?? [];
    const left = all.filter((mounted) => !isOver(mounted));
    if (left.length === 0) {
      this.#mounted.delete(key);
    } else {
      this.#mounted.set(key, left);
    }
    for (const { volume } of all.filter(isOver)) {
      await volume.unpublish().catch((error: Error) => this.options.onProblem(error));
    }
  }

  #record(pod: Pod, type: CoreEvent['type'], reason: string, message: string): void {
    this.#events.record({ ...pod, apiVersion: 'v1', kind: 'Pod' }, { type, reason, message });
  }
}

function idOf({ metadata }: Pod, volume: string): string {
  return `${metadata.uid}/${volume}`;
}
